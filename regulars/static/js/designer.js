// The designer: drag and drop as a faster way to do what its buttons do, search, keys, inserting.
import { register } from "./app.js";
import { fresh } from "./elements.js";

const TARGET = "#designer";

function post(designer, url, values) {
  return window.htmx.ajax("POST", url, { source: designer, target: TARGET, swap: "outerMorph", values });
}

function step(designer, values) {
  const body = { selected: designer.dataset.selected, ...values };
  return post(designer, designer.dataset.steps, body);
}

// Counted by hand: Sortable counts only what the list that was dragged from calls draggable.
function cardsBefore(item) {
  let count = 0;
  for (let each = item.previousElementSibling; each; each = each.previousElementSibling) {
    if (each.matches(".field-card:not(.sortable-fallback)")) count += 1;
  }
  return count;
}

function dropped(event) {
  const designer = document.querySelector(TARGET);
  const list = event.to.closest("[data-section]");
  const place = { section: list?.dataset.section, position: cardsBefore(event.item) };
  const type = event.item.dataset.type;
  const field = event.item.dataset.field;
  // The server draws the result; what the drag left behind goes back first.
  if (type) event.item.remove();
  if (!list) return;
  if (type) step(designer, { do: "add", type, ...place });
  else step(designer, { do: "move", field, ...place });
}

const shared = {
  animation: 140,
  forceFallback: true,
  fallbackOnBody: true,
  fallbackTolerance: 4,
  delay: 120,
  delayOnTouchOnly: true,
};

function sortables(root) {
  for (const list of fresh(root, "[data-section]", "sortable")) {
    new window.Sortable(list, {
      ...shared,
      group: "fields",
      draggable: ".field-card",
      handle: ".grip",
      onAdd: dropped,
      onUpdate: dropped,
    });
  }
  for (const list of fresh(root, "[data-palette-list]", "sortable")) {
    new window.Sortable(list, {
      ...shared,
      group: { name: "fields", pull: "clone", put: false },
      sort: false,
      draggable: "[data-type]",
      onStart: () => document.getElementById("palette").hidePopover?.(),
    });
  }
}

function search(input) {
  input.addEventListener("input", () => {
    const words = input.value.trim().toLowerCase();
    let found = 0;
    for (const group of document.querySelectorAll("[data-palette-group]")) {
      let shown = 0;
      for (const item of group.querySelectorAll("[data-words]")) {
        item.hidden = !item.dataset.words.includes(words);
        shown += item.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      found += shown;
    }
    document.querySelector("[data-palette-none]").hidden = found > 0;
  });
}

function insert(button) {
  button.addEventListener("click", () => {
    const target = document.getElementById(button.dataset.insertTarget);
    target.setRangeText(button.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.focus();
    target.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// A click on a card's empty space opens its settings, as its button does.
function openCard(card) {
  card.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, .grip")) card.querySelector("[data-card-settings]").click();
  });
}

document.addEventListener("keydown", (event) => {
  const designer = document.querySelector(TARGET);
  if (!designer || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  if (event.target.closest("input, textarea")) return;
  event.preventDefault();
  const url = event.shiftKey ? designer.dataset.redo : designer.dataset.undo;
  post(designer, url, { selected: designer.dataset.selected });
});

export function attach(root) {
  sortables(root);
  for (const input of fresh(root, "[data-palette-search]", "search")) search(input);
  for (const button of fresh(root, "[data-insert]", "insert")) insert(button);
  for (const card of fresh(root, ".field-card", "card")) openCard(card);
  for (const item of fresh(root, ".palette-item", "palette")) {
    item.addEventListener("click", () => document.getElementById("palette").matches(":popover-open") && document.getElementById("palette").hidePopover());
  }
}

register(attach);
