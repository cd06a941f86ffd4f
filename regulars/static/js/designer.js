// The designer: drag and drop as a faster way to do what its buttons do, and undo by keys.
import { register } from "./app.js";
import * as panels from "./designer_panels.js";
import { fresh } from "./elements.js";
import * as formulas from "./formulas.js";

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

// What had the focus may be gone (a removed field); then the nearest place to go on is the canvas.
function keepFocus(root) {
  if (root.id !== "designer" || document.activeElement !== document.body) return;
  const cards = [".field-card.is-selected", ".field-card"].map((each) => root.querySelector(each));
  cards.find(Boolean)?.querySelector("[data-card-settings]").focus({ preventScroll: true });
}

export function attach(root) {
  keepFocus(root);
  sortables(root);
  panels.attach(root);
  formulas.attach(root);
  for (const card of fresh(root, ".field-card", "card")) openCard(card);
}

register(attach);
