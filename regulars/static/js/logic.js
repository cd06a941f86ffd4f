// The logic page and the states page: formulas with their help, and the keyboard where its user is after each step.
import { register } from "./app.js";
import { fresh } from "./elements.js";
import * as formulas from "./formulas.js";

const PAGES = "#logic, #states";
let place = "";

function note(page) {
  page.addEventListener("focusin", (event) => {
    const part = event.target.closest("[data-place]") ?? event.target.closest(".logic-line")?.querySelector("[data-place]");
    if (part) place = part.dataset.place;
    else if (event.target.name) place = `name-${event.target.name}`;
  });
}

function keepFocus(page) {
  if (document.activeElement && document.activeElement !== document.body) return;
  const form = page.querySelector(".chip-form");
  const same = place.startsWith("name-") ? form?.querySelector(`[name="${place.slice(5)}"]`) : null;
  const chips = [...page.querySelectorAll("[data-place]")];
  const next = same ?? form?.querySelector("select, input:not([type=hidden]), textarea") ?? chips.find((each) => each.dataset.place === place) ?? chips[0];
  next?.focus({ preventScroll: true });
}

export function attach(root) {
  formulas.attach(root);
  const page = root.matches?.(PAGES) ? root : root.querySelector(PAGES);
  if (!page) return;
  for (const each of fresh(page.parentElement, PAGES, "places")) note(each);
  if (root === page) keepFocus(page);
}

register(attach);
