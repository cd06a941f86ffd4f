// The designer: what its buttons do, faster: by drag and drop, by keys, and by several fields at once.
import { register } from "./app.js";
import * as drag from "./designer_drag.js";
import * as keys from "./designer_keys.js";
import * as panels from "./designer_panels.js";
import * as picks from "./designer_picks.js";
import { post, step, TARGET } from "./designer_steps.js";
import { fresh } from "./elements.js";
import * as formulas from "./formulas.js";

// A click on a card's empty space opens its settings, as its button does; with Ctrl or Shift it picks.
function openCard(card) {
  card.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, select, textarea, .grip")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) picks.toggle(card, event.shiftKey);
    else card.querySelector("[data-card-settings]").click();
  });
}

// The name of a field is changed where it stands; Escape gives the old one back.
function title(input) {
  input.readOnly = false;
  const before = input.value;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") input.value = before;
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      input.closest(".field-card").querySelector("[data-card-settings]").focus();
    }
  });
  input.addEventListener("change", () => {
    step({ do: "label", field: input.closest("[data-field]").dataset.field, label: input.value });
  });
}

// What had the focus may be gone (a removed field); then the nearest place to go on is the canvas.
function keepFocus(root) {
  if (root.id !== "designer") return;
  const asked = root.querySelector("[data-asking] h2");
  if (asked && !asked.closest("[data-asking]").contains(document.activeElement)) return asked.focus();
  const wanted = keys.wanted(root);
  if (wanted) return wanted.focus({ preventScroll: false });
  if (document.activeElement !== document.body) return;
  const cards = [".field-card.is-selected", ".field-card"].map((each) => root.querySelector(each));
  cards.find(Boolean)?.querySelector("[data-card-settings]").focus({ preventScroll: true });
}

// A field that is chosen, or new, is brought where it can be seen.
let shown = "";
function showChosen(root) {
  if (root.id !== "designer") return;
  const card = root.querySelector(".field-card.is-selected");
  if (card && card.id !== shown) card.scrollIntoView({ block: "nearest" });
  shown = card?.id ?? "";
}

document.addEventListener("keydown", (event) => {
  const designer = document.querySelector(TARGET);
  if (designer?.querySelector("#canvas")) keys.pressed(event, designer);
  if (!designer || !(event.ctrlKey || event.metaKey) || event.target.closest("input:not([type=checkbox]), textarea")) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  post(key === "y" || event.shiftKey ? designer.dataset.redo : designer.dataset.undo, {});
});

export function attach(root) {
  for (const input of fresh(root, "[data-card-title]", "title")) title(input);
  for (const card of fresh(root, ".field-card", "card")) openCard(card);
  drag.attach(root);
  panels.attach(root);
  formulas.attach(root);
  picks.attach(root);
  keepFocus(root);
  showChosen(root);
}

register(attach);
