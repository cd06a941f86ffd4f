// What this device keeps for its tills: sales that wait for the line, and for some hours a few facts
// about people. Each entry names the till it belongs to.
const NAME = "regulars-till";
const SHELVES = ["sales", "people"];

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.addEventListener("upgradeneeded", () => {
      for (const shelf of SHELVES) asked.result.createObjectStore(shelf);
    });
    asked.addEventListener("success", () => resolve(asked.result));
    asked.addEventListener("error", () => reject(asked.error));
  });
  return opened;
}

async function run(shelf, mode, work) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const moving = base.transaction(shelf, mode);
    const asked = work(moving.objectStore(shelf));
    moving.addEventListener("complete", () => resolve(asked.result));
    for (const end of ["error", "abort"]) moving.addEventListener(end, () => reject(moving.error));
  });
}

export const keep = (shelf, key, value) => run(shelf, "readwrite", (place) => place.put(value, key));
export const read = (shelf, key) => run(shelf, "readonly", (place) => place.get(key));
export const every = (shelf) => run(shelf, "readonly", (place) => place.getAll());
export const drop = (shelf, key) => run(shelf, "readwrite", (place) => place.delete(key));
export const clear = (shelf) => run(shelf, "readwrite", (place) => place.clear());
