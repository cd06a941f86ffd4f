// One cell's input in its place: fetched, sent, left. The answer is the record's whole row.
import { attachAll } from "./app.js";
import { focus, following, step } from "./grid.js";
import { address, ask, remember, say, take } from "./grid_answers.js";

let current = null; // {cell, kept: what stood there, form, given: what it held when it was opened}

const contents = (form) => new URLSearchParams(new FormData(form)).toString();

function put(answer) {
  const { cell } = current;
  const form = answer.page.querySelector("[data-cell-editor]");
  cell.replaceChildren(form);
  attachAll(cell);
  current.form = form;
  current.given ??= contents(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save((row) => step(row, 1, 0) ?? row);
  });
  form.addEventListener("keydown", keys);
  form.querySelector("[data-cell-leave]").addEventListener("click", leave);
  const wanted = form.querySelector(
    ".ts-control input, input:not([type=hidden], [type=radio]), select, textarea, input:checked, input[type=radio]",
  );
  wanted?.focus();
  if (wanted?.type === "text") wanted.select();
}

export async function open(cell) {
  if (current?.cell === cell) return;
  if (current && !(await save())) return;
  const answer = await ask(address(cell, `cell/${cell.dataset.cell}`));
  if (answer.status !== 200) return say(answer);
  current = { cell, kept: [...cell.childNodes] };
  put(answer);
}

function keys(event) {
  if (event.key === "Escape") leave();
  else if (event.key === "Tab") {
    const inputs = [...current.form.querySelectorAll("input:not([type=hidden]), select, textarea")];
    const visible = inputs.filter((each) => each.offsetParent && each.tabIndex >= 0);
    const edge = event.shiftKey ? visible[0] : visible.at(-1);
    if (event.target !== edge && event.target.type !== "radio") return;
    save((cell) => following(cell, event.shiftKey) ?? cell, true);
  } else if (event.key === "Enter" && event.target.matches("textarea, .ts-control input, button")) return;
  else if (event.key === "Enter") current.form.requestSubmit();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function leave() {
  if (!current) return;
  const { cell, kept } = current;
  current = null;
  cell.replaceChildren(...kept);
  focus(cell);
}

// Send what was typed; `to` says where to go on, `write` whether to write there at once.
async function save(to, write = false) {
  const { cell, form, given } = current;
  const table = cell.closest("table");
  const { record, version } = cell.closest("tr").dataset;
  let place = cell;
  if (contents(form) === given) leave();
  else {
    const answer = await ask(address(cell, `cell/${cell.dataset.cell}`), new FormData(form));
    const again = answer.page?.querySelector("[data-cell-editor]");
    if (again) put(answer);
    else if (answer.status !== 200) say(answer);
    if (again || answer.status !== 200) return false;
    const row = take(table, record, answer);
    place = row.querySelector(`[data-cell="${cell.dataset.cell}"]`);
    current = null;
    if (row.dataset.version !== version) remember({ table, record, version: row.dataset.version });
  }
  const next = to?.(place);
  if (next) focus(next);
  if (next && write && next !== place) await open(next);
  return true;
}

document.addEventListener("pointerdown", (event) => {
  if (!current || current.cell.contains(event.target)) return;
  if (!event.target.closest(".ts-dropdown, dialog, [popover]")) save();
});
