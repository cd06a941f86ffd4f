// Beside the canvas: search in the palette, and names of fields that are put into a formula by a press.
import { fresh } from "./elements.js";

function search() {
  const words = document.querySelector("[data-palette-search]").value.trim().toLowerCase();
  let found = 0;
  for (const group of document.querySelectorAll("[data-palette-group]")) {
    let shown = 0;
    for (const item of group.querySelectorAll("[data-words]")) {
      item.hidden = !item.dataset.words.includes(words);
      shown += item.hidden ? 0 : 1;
    }
    group.hidden = shown === 0;
    found += shown;
  }
  document.querySelector("[data-palette-none]").hidden = found > 0;
}

function insert(button) {
  button.addEventListener("click", () => {
    const target = document.getElementById(button.dataset.insertTarget);
    target.setRangeText(button.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.focus();
    target.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function closeDrawer() {
  const palette = document.getElementById("palette");
  if (palette.matches(":popover-open")) palette.hidePopover();
}

export function attach(root) {
  for (const input of fresh(root, "[data-palette-search]", "search")) input.addEventListener("input", search);
  // A step draws the whole palette anew; what was searched for stays searched for.
  if (document.querySelector("[data-palette-search]")?.value) search();
  for (const button of fresh(root, "[data-insert]", "insert")) insert(button);
  for (const item of fresh(root, ".palette-item", "palette")) item.addEventListener("click", closeDrawer);
}
