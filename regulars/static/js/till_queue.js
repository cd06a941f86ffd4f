// Sales on their way. Each is kept on the device first and leaves it when the shop has it; its key
// makes sure that it is recorded once, however often it is sent.
import { NoLine, Refused, ask } from "./till_line.js";
import { drop, every, keep } from "./till_store.js";

const NOT_NOW = [401, 403]; // whoever signs in next may send it
let token = "";
let sending = null;

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
}

export const setToken = (given) => (token = given);

export async function kept(base) {
  const sales = (await every("sales")).filter((each) => each.base === base);
  return sales.sort((one, other) => one.at - other.at);
}

export async function add(base, name, sale, at = Date.now()) {
  const entry = { key: sale.key, base, name, sale, at, refused: "" };
  await keep("sales", sale.key, entry);
  return entry;
}

async function send(entry, again = true) {
  const waited = Math.max(0, Math.round((Date.now() - entry.at) / 1000)); // clocks differ, waiting does not
  try {
    return await ask(`${entry.base}/sales`, { token, body: { ...entry.sale, waited } });
  } catch (error) {
    if (!(error instanceof Refused && error.code === "stale-page" && again)) throw error;
    token = (await ask(`${entry.base}/now`)).token; // signed in again since: another token
    return send(entry, false);
  }
}

// What became of it: {sold}, {waits: true}, {signedOut: true} or {refused: words}.
export async function handIn(entry) {
  try {
    const sold = await send(entry);
    await drop("sales", entry.key);
    return { sold };
  } catch (error) {
    if (error instanceof NoLine) return { waits: true };
    if (!(error instanceof Refused)) throw error;
    if (NOT_NOW.includes(error.status)) return { signedOut: error.status === 401, waits: true, words: error.words };
    await keep("sales", entry.key, { ...entry, refused: error.words, code: error.code });
    return { refused: error.words, code: error.code };
  }
}

async function handInAll(base) {
  let last = {};
  for (const entry of await kept(base)) {
    if (entry.refused) continue;
    last = await handIn(entry);
    if (last.waits) break;
  }
  return last;
}

// One at a time on this page; other pages may do the same, the keys keep doubles out.
export function sync(base) {
  sending ??= handInAll(base).finally(() => (sending = null));
  return sending;
}

export const discard = (entry) => drop("sales", entry.key);

export async function sendAgain(entry, changes = {}) {
  const sale = { ...entry.sale, ...changes };
  if (Object.keys(changes).length) sale.key = newKey(); // another sale than the one that was refused
  const fresh = await add(entry.base, entry.name, sale, entry.at);
  if (sale.key !== entry.key) await discard(entry);
  return handIn(fresh);
}
