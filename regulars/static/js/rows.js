// Rows of a subform: added, moved and taken away in place. Names count up, so the order is the page's.
import { attachAll } from "./app.js";
import { fresh } from "./elements.js";

let made = 0;

function blankRow(field) {
  const token = `n${Date.now().toString(36)}${(made += 1)}`;
  const name = field.dataset.rows;
  const row = field.querySelector("[data-rows-blank]").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("*")) {
    for (const attribute of ["name", "id", "for", "aria-describedby", "list", "value"]) {
      const given = element.getAttribute(attribute);
      if (!given || (attribute === "value" && element.tagName !== "BUTTON")) continue;
      element.setAttribute(
        attribute,
        given.replace(`${name}/new`, `${name}/${token}`).replace(`${name}-new`, `${name}-${token}`),
      );
    }
  }
  return row;
}

function add(field) {
  const row = blankRow(field);
  field.querySelector("[data-rows-list]").append(row);
  attachAll(row);
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function press(field, event) {
  const button = event.target.closest("button");
  if (!button || !field.contains(button)) return;
  const row = button.closest("[data-row]");
  if (button.matches("[data-row-add]")) add(field);
  else if (button.matches("[data-row-up]")) row.previousElementSibling?.before(row);
  else if (button.matches("[data-row-down]")) row.nextElementSibling?.after(row);
  else if (button.matches("[data-row-remove]")) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("[data-row-remove]") ?? field.querySelector("[data-row-add]")).focus();
  } else return;
  event.preventDefault();
  if (row?.isConnected) button.focus();
}

export function attach(root) {
  for (const field of fresh(root, "[data-rows]", "rows")) {
    field.addEventListener("click", (event) => press(field, event));
  }
}
