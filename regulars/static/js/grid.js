// Tables of records: cells by keys, pointer or touch; what is saved can be undone at once.
import { register } from "./app.js";
import * as columns from "./grid_columns.js";
import * as editor from "./grid_editor.js";
import { fresh } from "./elements.js";
import { undo } from "./grid_answers.js";
import * as groups from "./grid_groups.js";
import { show } from "./toasts.js";

const LONG_PRESS_MS = 500;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const cellsOf = (row) => [...row.querySelectorAll("td[data-cell]")];
const rowsOf = (table) => [...table.querySelectorAll("tbody tr[data-record]:not([hidden])")];

export function focus(cell) {
  if (!cell) return;
  const table = cell.closest("table");
  for (const each of table.querySelectorAll("td[tabindex='0']")) each.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

export function step(cell, rows, columns_) {
  const row = cell.closest("tr");
  const all = rowsOf(row.closest("table"));
  const place = cellsOf(row).indexOf(cell) + columns_;
  const other = all[all.indexOf(row) + rows];
  return other && cellsOf(other)[place];
}

// The next cell that can be written in, on to the next row at the end of one.
export function following(cell, backwards) {
  const open = [...cell.closest("table").querySelectorAll("td[data-cell]:not([data-closed])")];
  return open[open.indexOf(cell) + (backwards ? -1 : 1)];
}

function edit(cell) {
  const why = cell.dataset.closed;
  if (why) return show(cell.closest("table").getAttribute(`data-why-${why}`));
  editor.open(cell);
}

function pressed(event) {
  const cell = event.target.closest("td[data-cell]");
  if (!cell || event.target !== cell) return;
  if (event.key === "Enter" || event.key === "F2") edit(cell);
  else if (ARROWS[event.key]) focus(step(cell, ...ARROWS[event.key]));
  else if (event.key === "Home") focus(cellsOf(cell.closest("tr"))[0]);
  else if (event.key === "End") focus(cellsOf(cell.closest("tr")).at(-1));
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  else return;
  event.preventDefault();
}

function clicked(event) {
  if (event.target.closest("a, button, input, select, textarea, label, .cell-editor")) return;
  const cell = event.target.closest("td[data-cell]");
  if (!cell) return;
  const table = cell.closest("table");
  if (event.pointerType === "touch" && !table.classList.contains("taps-edit")) return;
  focus(cell);
  edit(cell);
}

function longPress(table) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  table.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("td[data-cell]");
    if (event.pointerType !== "touch" || !cell || event.target.closest(".cell-editor")) return;
    timer = setTimeout(() => {
      table.addEventListener("click", (late) => late.preventDefault(), { once: true, capture: true });
      edit(cell);
    }, LONG_PRESS_MS);
  });
  for (const name of ["pointerup", "pointercancel", "pointermove"]) table.addEventListener(name, stop);
}

function keepSwitch(button) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const table of document.querySelectorAll("[data-grid]")) table.classList.toggle("taps-edit", on);
  });
}

function picks(table) {
  const all = table.querySelector("[data-pick-all]");
  all?.addEventListener("change", () => {
    for (const box of table.querySelectorAll("input[name=record]")) box.checked = all.checked;
  });
}

export function attach(root) {
  for (const table of fresh(root, "table[data-grid]", "grid")) {
    table.addEventListener("keydown", pressed);
    table.addEventListener("click", clicked);
    longPress(table);
    picks(table);
    groups.attach(table);
    const first = table.querySelector("td[data-cell]");
    if (first) first.tabIndex = 0;
  }
  for (const button of fresh(root, "[data-tap-switch]", "taps")) keepSwitch(button);
  columns.attach(root);
}

register(attach);
