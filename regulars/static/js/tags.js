// Free tags: Enter, a comma or leaving the input turns what was typed into a ticked tag.
import { fresh } from "./elements.js";

const SEPARATORS = /[,，、；;|\n]/;

function addTags(field) {
  const input = field.querySelector("[data-tag-more]");
  const blank = field.querySelector("template");
  const words = input.value.split(SEPARATORS).map((word) => word.trim()).filter(Boolean);
  input.value = "";
  for (const word of words) {
    const known = [...field.querySelectorAll("input[type=checkbox]")].find((each) => each.value === word);
    if (known) {
      known.checked = true;
      continue;
    }
    const tick = blank.content.firstElementChild.cloneNode(true);
    tick.querySelector("input").value = word;
    tick.querySelector("span").textContent = word;
    input.before(tick);
  }
}

export function attach(root) {
  for (const field of fresh(root, "[data-tags]", "tags")) {
    const input = field.querySelector("[data-tag-more]");
    if (!input) continue;
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !input.value.trim()) return;
      event.preventDefault();
      addTags(field);
    });
    input.addEventListener("input", (event) => {
      if (!event.isComposing && SEPARATORS.test(input.value)) addTags(field);
    });
    input.addEventListener("blur", () => addTags(field));
  }
}
