// Writing a comment: choosing a colleague puts their name where the cursor stands.
import { register } from "./app.js";

document.addEventListener("change", (event) => {
  const chosen = event.target.closest?.("[data-mention]");
  if (!chosen?.value) return;
  const text = chosen.form.elements.text;
  const before = text.value.slice(0, text.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  text.setRangeText(`${gap}${chosen.value} `, text.selectionStart, text.selectionEnd, "end");
  chosen.value = "";
  text.focus();
});

register(() => {});
