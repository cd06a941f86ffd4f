// Nothing about people stays on a device once its clerk has signed out: what it knew goes, the page
// it kept goes, and sales that still wait lose the name beside them.
import { clear, every, keep } from "./till_store.js";

export async function forget() {
  await clear("people");
  for (const sale of await every("sales")) await keep("sales", sale.key, { ...sale, name: "" });
  if (!("serviceWorker" in navigator)) return;
  for (const name of await caches.keys()) if (name.startsWith("till-")) await caches.delete(name);
  for (const each of await navigator.serviceWorker.getRegistrations()) {
    if (new URL(each.scope).pathname.endsWith("/till/")) await each.unregister();
  }
}

if (document.querySelector("[data-signed-out]")) {
  forget().then(() => document.documentElement.setAttribute("data-forgotten", ""));
}
