// data-copy="INPUT-ID" copies that input's value and says so on the button.
import { fresh } from "./elements.js";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    // Plain http on the shop's own network has no clipboard; the selection is there to copy by hand.
    if (!document.execCommand("copy")) return;
  }
  const words = button.querySelector("span");
  const before = words.textContent;
  words.textContent = button.dataset.copied;
  setTimeout(() => (words.textContent = before), 2000);
}

export function attach(root) {
  for (const button of fresh(root, "[data-copy]", "copy")) {
    button.addEventListener("click", () => copy(button));
  }
}
