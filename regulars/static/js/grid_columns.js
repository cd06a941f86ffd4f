// Columns of a table: dragged wider, dragged to another place, kept at the left.
import { fresh } from "./elements.js";

const NARROWEST = 60;
const WIDEST = 800;
let moved = null;

const token = () => document.querySelector("#sums-menu [name=csrf_token]")?.value ?? "";
const colOf = (table, path) => table.querySelector(`col[data-path="${CSS.escape(path)}"]`);

function fix(table) {
  if (table.classList.contains("is-fixed") || !table.tHead.offsetParent) return;
  const heads = [...table.tHead.rows[0].cells];
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  [...table.querySelectorAll("col")].forEach((col, n) => {
    col.style.width = `${col.dataset.width ?? Math.round(widths[n])}px`;
  });
  table.classList.add("is-fixed");
}

function pin(table) {
  let left = 0;
  const heads = [...(table.tHead?.rows[0].cells ?? [])];
  heads.forEach((head, n) => {
    if (!head.classList.contains("is-pinned")) return;
    for (const row of table.rows) row.cells[n]?.style.setProperty("--pin", `${left}px`);
    left += head.getBoundingClientRect().width;
  });
}

function send(table, values) {
  const body = new URLSearchParams({ ...values, csrf_token: token() });
  return fetch(table.dataset.layout, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
}

function resize(table, edge, event) {
  event.preventDefault();
  const head = edge.closest("th");
  fix(table);
  const col = colOf(table, head.dataset.path);
  const began = head.getBoundingClientRect().width;
  edge.setPointerCapture(event.pointerId);
  edge.classList.add("is-dragged");
  const follow = (now) => {
    const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, began + now.clientX - event.clientX)));
    col.style.width = `${width}px`;
    col.dataset.width = width;
    pin(table);
  };
  edge.addEventListener("pointermove", follow);
  edge.addEventListener(
    "lostpointercapture",
    () => {
      edge.removeEventListener("pointermove", follow);
      edge.classList.remove("is-dragged");
      if (col.dataset.width) send(table, { do: "width", path: head.dataset.path, width: col.dataset.width });
    },
    { once: true },
  );
}

async function drop(table, target) {
  const path = moved;
  moved = null;
  for (const each of table.querySelectorAll("th.is-target")) each.classList.remove("is-target");
  if (!path || path === target.dataset.path) return;
  await send(table, { do: "place", path, before: target.dataset.path });
  const next = new URL(location.href);
  next.searchParams.delete("cols");
  location.assign(next);
}

function dragging(table) {
  for (const head of table.querySelectorAll("th[data-path]")) {
    head.draggable = true;
    head.addEventListener("dragstart", (event) => {
      if (event.target.closest(".column-edge")) return event.preventDefault();
      moved = head.dataset.path;
      event.dataTransfer.effectAllowed = "move";
    });
    head.addEventListener("dragover", (event) => {
      if (!moved) return;
      event.preventDefault();
      for (const each of table.querySelectorAll("th.is-target")) each.classList.remove("is-target");
      head.classList.add("is-target");
    });
    head.addEventListener("drop", () => drop(table, head));
  }
}

export function attach(root) {
  for (const table of fresh(root, "table[data-grid]", "columns")) {
    if (table.querySelector("col[data-width]")) fix(table);
    pin(table);
    dragging(table);
    table.addEventListener("pointerdown", (event) => {
      if (event.target.matches("[data-edge]")) resize(table, event.target, event);
    });
  }
  for (const form of fresh(root, "[data-column-form]", "column-form")) {
    form.closest("[popover]").addEventListener("toggle", () => {
      const head = document.querySelector(`th[data-path="${CSS.escape(form.elements.path.value)}"]`);
      form.elements.now.value = Math.round(head?.getBoundingClientRect().width ?? 0) || "";
    });
    form.addEventListener("submit", () => form.closest("[popover]").hidePopover());
  }
}
