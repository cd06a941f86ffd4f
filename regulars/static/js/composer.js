// The composer keeps the keyboard where its user is: in the form that opens, on the part that closed.
import { register } from "./app.js";
import { fresh } from "./elements.js";

let place = "";

function isLost() {
  const active = document.activeElement;
  return !active || active === document.body || !active.checkVisibility();
}

function keepFocus(composer) {
  if (!isLost()) return;
  const form = composer.querySelector(".chip-form");
  const parts = [...composer.querySelectorAll(".sentence-chip[data-place]")];
  const next = form
    ? form.querySelector("input:not([type=hidden]), select, textarea")
    : (parts.find((each) => each.dataset.place === place) ?? parts[0]);
  next?.focus({ preventScroll: !form });
}

function notePlace(composer) {
  composer.addEventListener("focusin", (event) => {
    const part = event.target.closest("[data-place]") ?? event.target.closest(".sentence-row, .rule-step-head")?.querySelector("[data-place]");
    if (part) place = part.dataset.place;
  });
}

export function attach(root) {
  const composer = root.id === "composer" ? root : root.querySelector("#composer");
  if (!composer) return;
  for (const each of fresh(composer.parentElement, "#composer", "places")) notePlace(each);
  if (root === composer) keepFocus(composer);
}

register(attach);
