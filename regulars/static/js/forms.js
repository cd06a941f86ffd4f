// Forms: the summary of mistakes takes the focus, a double click sends once, filters send themselves.
import { fresh } from "./elements.js";

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const buttons = [...form.querySelectorAll("button:not([type=button])")];
    // After this turn, so that the pressed button's own value is still sent.
    setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
    window.addEventListener("pageshow", () => buttons.forEach((button) => (button.disabled = false)), { once: true });
  });
}

function sendOnChange(form) {
  let waiting;
  const send = () => {
    // Empty fields would only make a long address.
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    form.requestSubmit();
    for (const field of form.elements) field.disabled = false;
  };
  form.addEventListener("change", (event) => {
    clearTimeout(waiting);
    if (event.target.type !== "search") waiting = setTimeout(send, 50);
  });
}

export function attach(root) {
  for (const form of fresh(root, "form[method=post]", "once")) sendOnce(form);
  for (const form of fresh(root, "form[data-autosubmit]", "autosubmit")) sendOnChange(form);
  for (const summary of fresh(root, "[data-error-summary]", "summary")) summary.focus();
  for (const button of fresh(root, "[data-go-back]", "back")) {
    button.hidden = history.length < 2;
    button.addEventListener("click", () => history.back());
  }
}
