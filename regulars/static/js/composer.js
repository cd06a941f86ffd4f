// The composer keeps the keyboard where its user is: in the form that opens, on the part that
// closed, on the step that moved. Escape closes a form, Alt with an arrow moves a step.
import { register } from "./app.js";
import { fresh } from "./elements.js";

const WAYS = { "step-up": -1, "step-down": 1 };
const KEYS = { ArrowUp: "step-up", ArrowDown: "step-down" };

let place = ""; // of the part that the keyboard was in last
let moved = null; // a step on its way: where it will be, and the button that moved it
let openForm = ""; // the place of the form that stood open

function isLost() {
  const active = document.activeElement;
  return !active || active === document.body || !active.checkVisibility();
}

// The place so many places further on in its block: step@steps/1/then/0 → step@steps/1/then/1.
function beside(at, by) {
  const cut = at.lastIndexOf("/") + 1;
  return `${at.slice(0, cut)}${Number(at.slice(cut)) + by}`;
}

function partAt(composer, at) {
  return composer.querySelector(`.sentence-chip[data-place="${CSS.escape(at)}"]`);
}

// The part itself, or what stands before it when it is gone.
function nearest(composer, at) {
  for (let here = at; here; here = beside(here, -1)) {
    const found = partAt(composer, here);
    if (found) return found;
    if (!/\/[1-9]\d*$/.test(here)) break;
  }
  return composer.querySelector(".sentence-chip[data-place]");
}

function followMoved(composer) {
  const part = partAt(composer, moved.place);
  const form = part?.closest(".rule-step-head").querySelector(`form:has([value="${moved.button}"])`);
  (form?.querySelector("button") ?? part)?.focus();
  place = moved.place;
  moved = null;
}

function keepFocus(composer) {
  const form = composer.querySelector(".chip-form");
  const opens = form && form.dataset.place !== openForm;
  openForm = form?.dataset.place ?? "";
  if (moved) {
    followMoved(composer);
  } else if (isLost() || (opens && document.activeElement.matches(":focus-visible"))) {
    const first = form?.querySelector("input:not([type=hidden]), select, textarea");
    (first ?? nearest(composer, place))?.focus({ preventScroll: !form });
  }
}

function noteMove(event) {
  const action = event.target.elements.namedItem("action")?.value;
  const way = WAYS[action];
  const path = event.target.elements.namedItem("path")?.value;
  if (!way || !path) return;
  const onButton = event.target.contains(document.activeElement);
  moved = { place: beside(`step@${path}`, way), button: onButton ? action : "" };
}

function onKey(event) {
  const action = event.altKey && KEYS[event.key];
  const head = event.target.closest(".rule-step-head");
  if (action && head) {
    head.querySelector(`form:has([value="${action}"])`)?.requestSubmit();
    event.preventDefault();
  } else if (event.key === "Escape" && event.target.closest(".chip-form, .sentence-chip")) {
    event.currentTarget.querySelector(".chip-form [data-cancel]")?.click();
  }
}

function listen(composer) {
  composer.addEventListener("focusin", (event) => {
    const part = event.target.closest("[data-place]") ?? event.target.closest(".sentence-row, .rule-step-head")?.querySelector("[data-place]");
    if (part) place = part.dataset.place;
  });
  composer.addEventListener("submit", noteMove, true);
  composer.addEventListener("keydown", onKey);
  openForm = composer.querySelector(".chip-form")?.dataset.place ?? "";
}

export function attach(root) {
  const composer = root.id === "composer" ? root : root.querySelector("#composer");
  if (!composer) return;
  for (const each of fresh(composer.parentElement, "#composer", "places")) listen(each);
  if (root === composer) keepFocus(composer);
}

register(attach);
