// Boards: a card that is dragged to another lane posts its own small form, as choosing a lane does.
import { register } from "./app.js";

let dragged = null;

// The lane below the pointer, where the card may go: its own small form offers it.
function lane(target) {
  const found = dragged && target instanceof Element ? target.closest("[data-lane]") : null;
  const offered = [...(dragged?.querySelector("[data-card-to]")?.options ?? [])];
  return found && offered.some((each) => each.value === found.dataset.lane) ? found : null;
}

function mark(target) {
  for (const each of document.querySelectorAll("[data-lane].is-target")) each.classList.remove("is-target");
  target?.classList.add("is-target");
}

function send(card, value) {
  const form = card.querySelector("[data-card-form]");
  form.elements.to.value = value;
  form.requestSubmit();
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card][draggable=true]") ?? null;
  dragged?.classList.add("is-dragged");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = lane(event.target);
  if (!dragged) return;
  mark(over);
  if (over) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const over = lane(event.target);
  if (!over) return;
  event.preventDefault();
  if (!over.contains(dragged)) send(dragged, over.dataset.lane);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  mark(null);
});
document.addEventListener("change", (event) => {
  const chosen = event.target.closest?.("[data-card-to]");
  if (chosen) chosen.form.requestSubmit();
});

register(() => {});
