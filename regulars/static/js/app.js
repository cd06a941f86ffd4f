// The page's behaviours. Each module exports attach(root): it finds its [data-…] elements below
// root, is safe to run twice, and runs again on everything htmx brings in.
import * as confirm from "./confirm.js";
import * as copy from "./copy.js";
import * as dialogs from "./dialogs.js";
import * as forms from "./forms.js";
import * as menus from "./menus.js";
import * as toasts from "./toasts.js";

const behaviours = [menus, forms, dialogs, copy, toasts, confirm];

export function attachAll(root) {
  for (const behaviour of behaviours) behaviour.attach(root);
}

// A page's own module registers itself: import { register } from "./app.js"; register(attach);
export function register(attach) {
  if (behaviours.some((each) => each.attach === attach)) return;
  behaviours.push({ attach });
  attach(document.body);
}

document.documentElement.classList.add("js");
attachAll(document.body);
document.addEventListener("htmx:after:process", (event) => {
  if (event.target instanceof Element) attachAll(event.target);
});
