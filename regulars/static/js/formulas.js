// A formula input: tells the server where the cursor is, and puts in what was chosen from its help.
import { fresh } from "./elements.js";

function noteCaret(input) {
  const caret = document.getElementById(`${input.id}-caret`);
  if (!caret || caret.value === String(input.selectionStart)) return;
  caret.value = input.selectionStart;
  input.dispatchEvent(new Event("caret"));
}

function watch(input) {
  for (const name of ["input", "keyup", "click", "focus"]) input.addEventListener(name, () => noteCaret(input));
  // What a press put in is no typing, so that the browser would not tell of a change on leaving.
  input.addEventListener("blur", () => {
    if (!input.dataset.completed) return;
    delete input.dataset.completed;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function complete(button) {
  // Pressing must not take the focus away: leaving the input saves it and draws the panel anew.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const input = document.getElementById(button.dataset.completeTarget);
    input.setRangeText(button.dataset.complete, Number(button.dataset.completeFrom), input.selectionStart, "end");
    input.dataset.completed = "yes";
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export function attach(root) {
  for (const input of fresh(root, ".formula-input", "formula")) watch(input);
  for (const button of fresh(root, "[data-complete]", "complete")) complete(button);
}
