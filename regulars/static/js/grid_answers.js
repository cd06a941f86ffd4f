// What a table asks the server, and what it does with the rows that come back; the last undo.
import { attachAll } from "./app.js";
import { show } from "./toasts.js";

const STAY_MS = 12_000;
let last = null; // {table, record, version}: what can be undone
let timer = 0;

const bar = () => document.querySelector("[data-cell-undo]");

export function address(cell, end) {
  const { cells, query } = cell.closest("table").dataset;
  return `${cells}/${cell.closest("tr").dataset.record}/${end}?${query}`;
}

export async function ask(url, body) {
  try {
    const answer = await fetch(url, {
      method: body ? "POST" : "GET",
      body: body && new URLSearchParams(body),
      headers: { "X-Requested-With": "fetch" },
    });
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    return { status: answer.status, page };
  } catch {
    return { status: 0, page: null };
  }
}

export function say(answer) {
  const words = answer.page?.querySelector("body > p")?.textContent.trim();
  show(words || bar().dataset.failed, "danger");
}

export function take(table, record, answer) {
  const row = document.importNode(answer.page.querySelector("tr"), true);
  table.querySelector(`tr[data-record="${record}"]`).replaceWith(row);
  attachAll(row);
  return row;
}

export function remember(change) {
  last = change;
  clearTimeout(timer);
  bar().hidden = !change;
  if (change) timer = setTimeout(() => (bar().hidden = true), STAY_MS);
}

export async function undo() {
  if (!last) return;
  const { table, record, version } = last;
  const { cells, query } = table.dataset;
  const body = { version, csrf_token: bar().dataset.token };
  const answer = await ask(`${cells}/${record}/cell-undo?${query}`, body);
  remember(null);
  if (answer.status !== 200) return say(answer);
  take(table, record, answer).querySelector("td[data-cell]")?.focus();
  show(bar().dataset.undone);
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-cell-undo] button")) undo();
});
