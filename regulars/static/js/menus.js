// Menus are <details data-menu>: one open at a time; Escape and a click outside close it.
import { fresh } from "./elements.js";

function closeAll(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

export function attach(root) {
  for (const menu of fresh(root, "details[data-menu]", "menu")) {
    menu.addEventListener("toggle", () => {
      if (menu.open) closeAll(menu);
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopPropagation();
    });
  }
}

document.addEventListener("click", (event) => {
  closeAll(event.target.closest?.("details[data-menu]"));
});
