// Menus are <details data-menu>: one open at a time; Escape and a click outside close it, the
// arrow keys go from line to line.
import { fresh } from "./elements.js";

function closeAll(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

// Which line comes next: the keys that go through a menu, from the line at `at` (-1: none) of `n`.
const WAYS = {
  ArrowDown: (at, n) => (at + 1) % n,
  ArrowUp: (at, n) => (at <= 0 ? n : at) - 1,
  Home: () => 0,
  End: (_at, n) => n - 1,
};

function goThrough(menu, event) {
  const way = WAYS[event.key];
  if (!way || event.altKey || event.target.matches("input, select, textarea")) return;
  if (!menu.open && event.key !== "ArrowDown") return;
  menu.open = true;
  const lines = [...menu.querySelectorAll(".menu-item")].filter((line) => line.checkVisibility());
  if (!lines.length) return;
  lines[way(lines.indexOf(document.activeElement), lines.length)].focus();
  event.preventDefault();
  event.stopPropagation();
}

export function attach(root) {
  for (const menu of fresh(root, "details[data-menu]", "menu")) {
    menu.addEventListener("toggle", () => {
      if (menu.open) closeAll(menu);
    });
    menu.addEventListener("keydown", (event) => {
      goThrough(menu, event);
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
