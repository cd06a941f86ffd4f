// Groups of a table: what stands below a heading is loaded once, then hidden and shown again.
import { attachAll } from "./app.js";

let made = 0;

async function rowsFrom(url) {
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  const template = document.createElement("template");
  template.innerHTML = `<table><tbody>${await answer.text()}</tbody></table>`;
  return answer.ok ? [...template.content.querySelectorAll("tr")] : [];
}

function inside(table, name) {
  return [...table.querySelectorAll("tr[data-in]")].filter((row) =>
    ` ${row.dataset.in} `.includes(` ${name} `),
  );
}

function mark(rows, parents) {
  for (const row of rows) {
    row.dataset.in = parents;
    row.classList.toggle("is-second", row.matches(".group-row"));
    attachAll(row);
  }
}

async function open(table, button) {
  const heading = button.closest("tr");
  const shown = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!shown));
  if (!heading.dataset.group) {
    heading.dataset.group = `g${(made += 1)}`;
    const rows = await rowsFrom(button.dataset.group);
    mark(rows, `${heading.dataset.in ?? ""} ${heading.dataset.group}`.trim());
    return heading.after(...rows);
  }
  // what was closed inside stays closed
  const closed = new Set(
    [...table.querySelectorAll('[data-group][aria-expanded="false"]')].map((each) => each.closest("tr").dataset.group),
  );
  for (const row of inside(table, heading.dataset.group)) {
    row.hidden = row.dataset.in.split(" ").some((name) => closed.has(name));
  }
}

async function more(button) {
  const row = button.closest("tr");
  const rows = await rowsFrom(button.dataset.groupMore);
  mark(rows, row.dataset.in ?? "");
  row.replaceWith(...rows);
  rows[0]?.querySelector("a, [tabindex]")?.focus();
}

export function attach(table) {
  table.addEventListener("click", (event) => {
    const heading = event.target.closest("button[data-group]");
    const next = event.target.closest("[data-group-more]");
    if (heading) open(table, heading);
    else if (next) more(next);
  });
}
