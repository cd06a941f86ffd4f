// Short words at the corner: rendered with the page, swapped in, or sent with an htmx answer.
import { fresh } from "./elements.js";

const STAY_MS = 6000;

function leave(toast) {
  toast.classList.add("is-leaving");
  setTimeout(() => toast.remove(), 220);
}

function closeButton(toast) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.textContent = "×";
  button.setAttribute("aria-label", document.getElementById("toasts").dataset.close);
  button.addEventListener("click", () => leave(toast));
  return button;
}

export function attach(root) {
  for (const toast of fresh(root, "[data-toast]", "toast")) {
    toast.append(closeButton(toast));
    if (toast.dataset.toast !== "stay") setTimeout(() => leave(toast), STAY_MS);
  }
}

export function show(text, tone = "info") {
  const toast = document.createElement("div");
  toast.className = `toast-note toast-${tone}`;
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  document.getElementById("toasts").append(toast);
  attach(toast);
}

document.addEventListener("regulars:toast", (event) => {
  for (const { text, tone } of event.detail.toasts) show(text, tone);
});
