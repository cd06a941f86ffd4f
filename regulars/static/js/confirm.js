// data-confirm="…" on a form, and hx-confirm, ask in our own dialog instead of the browser's.
import { fresh } from "./elements.js";

function ask(text) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-confirm-text]").textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function attach(root) {
  for (const form of fresh(root, "form[data-confirm]", "confirm")) {
    form.addEventListener(
      "submit",
      async (event) => {
        if (form.__confirmed) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const submitter = event.submitter;
        if (!(await ask(form.dataset.confirm))) return;
        form.__confirmed = true;
        form.requestSubmit(submitter);
        form.__confirmed = false;
      },
      { capture: true },
    );
  }
}

document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  ask(ctx.confirm).then((yes) => (yes ? issueRequest() : dropRequest()));
});
