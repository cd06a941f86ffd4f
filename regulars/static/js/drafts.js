// A public form keeps what was typed on this device only, and offers it again: nothing reaches the
// shop before it is sent. Boxes that agree to something, files and signatures are never kept.
import { register } from "./app.js";
import { fresh } from "./elements.js";

const PREFIX = "regulars-draft:";
const GOOD_FOR = 7 * 24 * 3600 * 1000;

function isKept(input) {
  const hidden = input.type === "hidden" && !input.name.endsWith("~here");
  return input.name && !input.name.startsWith("_") && !hidden && input.type !== "file" && input.type !== "submit";
}

function read(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "null");
    if (found && Date.now() - found.at < GOOD_FOR) return found.values;
    localStorage.removeItem(key);
  } catch {
    // a browser that keeps nothing
  }
  return null;
}

function write(key, values) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // a browser that keeps nothing
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // a browser that keeps nothing
  }
}

class Draft {
  constructor(form) {
    this.form = form;
    this.key = PREFIX + form.dataset.draft;
    this.start = JSON.stringify(this.values());
    const found = read(this.key);
    if (found && JSON.stringify(found) !== this.start && !form.querySelector("[data-error-summary]")) this.offer(found);
    for (const name of ["input", "change"]) form.addEventListener(name, () => this.note());
  }

  inputs() {
    return [...this.form.elements].filter(isKept);
  }

  values() {
    const found = {};
    for (const input of this.inputs()) {
      if ((input.type === "checkbox" || input.type === "radio") && !input.checked) continue;
      (found[input.name] ??= []).push(input.value);
    }
    return found;
  }

  note() {
    this.hide();
    const values = this.values();
    if (JSON.stringify(values) !== this.start) write(this.key, values);
  }

  offer(found) {
    this.box = document.querySelector("[data-draft-offer]");
    if (!this.box) return;
    this.box.hidden = false;
    this.box.querySelector("[data-draft-take]").addEventListener("click", () => this.take(found));
    this.box.querySelector("[data-draft-drop]").addEventListener("click", () => {
      forget(this.key);
      this.hide();
    });
  }

  take(found) {
    this.hide();
    const seen = {};
    for (const input of this.inputs()) {
      const kept = found[input.name] ?? [];
      if (input.type === "checkbox" || input.type === "radio") input.checked = kept.includes(input.value);
      else input.value = kept[(seen[input.name] = (seen[input.name] ?? -1) + 1)] ?? "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.inputs().find((input) => !input.value)?.focus();
  }

  hide() {
    if (this.box) this.box.hidden = true;
  }
}

export function attach(root) {
  const whole = root.parentElement ?? root;
  for (const form of fresh(whole, "form[data-draft]", "draft")) new Draft(form);
  for (const done of fresh(whole, "[data-draft-done]", "draft-done")) forget(PREFIX + done.dataset.draftDone);
}

register(attach);
