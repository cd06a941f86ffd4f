// An entry form that answers while it is filled in: asks the server what follows from what was
// typed, and changes only the places that the answer names. What is hidden keeps what was typed.
import { attachAll, register } from "./app.js";
import { fresh } from "./elements.js";

const WAIT = 250;

function fieldOf(name) {
  return (name ?? "").split(/[/~]/)[0];
}

class Live {
  constructor(form) {
    this.form = form;
    this.reads = new Set(form.dataset.reads.split(" "));
    this.said = form.querySelector("[data-live-said]");
    this.moved = new Set();
    this.kept = new Map();
    for (const name of ["input", "change"]) form.addEventListener(name, (event) => this.note(fieldOf(event.target.name)));
    form.addEventListener("click", (event) => {
      const rows = event.target.closest("[data-row-remove]")?.closest("[data-rows]");
      if (rows) this.note(rows.dataset.rows);
    });
    form.addEventListener("submit", (event) => this.hold(event), true);
  }

  note(key) {
    if (!this.reads.has(key)) return;
    this.moved.add(key);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  // Whoever saves at once gets what follows from the last input, too.
  async hold(event) {
    if (!this.moved.size || event.submitter?.hasAttribute("formnovalidate")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await this.ask();
    this.moved.clear();
    this.form.requestSubmit(event.submitter);
  }

  body() {
    const texts = [...new FormData(this.form)].filter(([, value]) => typeof value === "string");
    const slots = [...this.form.querySelectorAll("[data-slot]")];
    const tokens = Object.fromEntries(slots.map((slot) => [slot.dataset.slot, slot.dataset.token]));
    const moved = [...this.moved].map((key) => ["_moved", key]);
    return new URLSearchParams([...texts, ...moved, ["_tokens", JSON.stringify(tokens)]]);
  }

  async ask() {
    clearTimeout(this.timer);
    this.turn?.abort();
    const turn = (this.turn = new AbortController());
    const body = this.body();
    const asked = [...this.moved];
    try {
      const answer = await fetch(this.form.dataset.live, { method: "POST", body, signal: turn.signal });
      if (!answer.ok) return;
      const page = document.createElement("template");
      page.innerHTML = await answer.text();
      if (turn.signal.aborted) return;
      for (const key of asked) this.moved.delete(key);
      const parts = [...page.content.querySelectorAll("template[data-for]")];
      for (const part of parts) this.draw(part);
      this.tell(parts);
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    }
  }

  draw(part) {
    const { for: key, mode, token } = part.dataset;
    const slot = document.getElementById(`slot-${key}`);
    if (!slot) return;
    const active = slot.contains(document.activeElement) ? document.activeElement.id : "";
    const same = slot.dataset.mode === mode;
    if (slot.dataset.mode === "input" && !same) this.kept.set(key, [...slot.childNodes]);
    slot.dataset.token = token;
    slot.dataset.mode = mode;
    slot.hidden = mode === "hidden";
    if (active && same && part.dataset.given === undefined) return;
    const kept = mode === "input" && !same && part.dataset.given === undefined && this.kept.get(key);
    slot.replaceChildren(...(kept || part.content.childNodes));
    if (!kept) attachAll(slot);
    if (active) document.getElementById(active)?.focus({ preventScroll: true });
  }

  tell(parts) {
    const shown = parts.filter((part) => part.dataset.mode === "input" && part.dataset.given === undefined);
    if (this.said) this.said.textContent = shown.map((part) => part.dataset.name).join(", ");
  }
}

export function attach(root) {
  for (const form of fresh(root.parentElement ?? root, "form[data-live]", "live")) new Live(form);
}

register(attach);
