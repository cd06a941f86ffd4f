// Sheets lie on their desk as large as it has room for; a chosen value goes into the text above it.
import { register } from "./app.js";

function fit(desk) {
  for (const sheet of desk.querySelectorAll(".sheet")) {
    sheet.style.zoom = "1";
    const room = desk.clientWidth - 2 * parseFloat(getComputedStyle(desk).paddingLeft);
    if (sheet.offsetWidth > room) sheet.style.zoom = String(room / sheet.offsetWidth);
  }
}

const watched = new WeakSet();

function lay(root) {
  for (const desk of root.querySelectorAll("[data-sheet-desk]")) {
    fit(desk);
    if (watched.has(desk)) continue;
    watched.add(desk);
    new ResizeObserver(() => fit(desk)).observe(desk);
  }
}

window.addEventListener("beforeprint", () => {
  for (const sheet of document.querySelectorAll(".sheet")) sheet.style.zoom = "1";
});
window.addEventListener("afterprint", () => lay(document));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-print-insert]");
  if (!chosen?.value) return;
  const text = chosen.closest(".print-block").querySelector("[data-print-text]");
  text.setRangeText(chosen.value, text.selectionStart, text.selectionEnd, "end");
  chosen.value = "";
  text.focus();
}, true);

register(lay);
