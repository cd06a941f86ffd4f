// data-open-dialog="ID" opens a <dialog>; a click on the backdrop closes it.
import { fresh } from "./elements.js";

export function attach(root) {
  for (const opener of fresh(root, "[data-open-dialog]", "opener")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById(opener.dataset.openDialog)?.showModal();
    });
  }
  for (const dialog of fresh(root, "dialog.dialog", "dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    if (dialog.hasAttribute("data-open-now")) dialog.showModal();
  }
}
