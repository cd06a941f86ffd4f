// Several fields at once: which are picked, and what the clipboard takes and brings.
import { say, step, TARGET } from "./designer_steps.js";
import { fresh } from "./elements.js";

const chosen = new Set();
let last = null;

export const picked = () => chosen;
const boxes = () => [...document.querySelectorAll(`${TARGET} .card-pick`)];

function draw() {
  const here = boxes();
  const known = new Set(here.map((box) => box.value));
  for (const ref of chosen) if (!known.has(ref)) chosen.delete(ref);
  for (const box of here) {
    box.checked = chosen.has(box.value);
    box.closest(".field-card").classList.toggle("is-picked", box.checked);
  }
  const count = document.querySelector("[data-picked-count]");
  if (count) count.textContent = chosen.size;
}

function set(refs, on) {
  for (const ref of refs) chosen[on ? "add" : "delete"](ref);
  draw();
}

export function toggle(card, range) {
  const all = boxes().map((box) => box.value);
  const ref = card.dataset.field;
  const [from, to] = [all.indexOf(last ?? ref), all.indexOf(ref)].sort((a, b) => a - b);
  if (range && from >= 0) set(all.slice(from, to + 1), true);
  else set([ref], !chosen.has(ref));
  last = ref;
}

export const all = () => set(boxes().map((box) => box.value), true);
export const none = () => set([...chosen], false);

// The picked fields, else the one that has the focus.
export function meant(card) {
  if (chosen.size) return [...chosen];
  return card ? [card.dataset.field] : [];
}

export async function copy(refs) {
  if (!refs.length) return false;
  const designer = document.querySelector(TARGET);
  const query = new URLSearchParams(refs.map((ref) => ["field", ref]));
  const answer = await fetch(`${designer.dataset.copied}?${query}`, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) return false;
  const text = await answer.text();
  // Without https the browser keeps the clipboard to itself; between our own tabs this does.
  localStorage.setItem("regulars-clip", text);
  await navigator.clipboard?.writeText(text).catch(() => {});
  say(`${document.querySelector("[data-said-copied]").dataset.saidCopied} ${refs.length}`);
  return true;
}

export function paste(text) {
  const found = text?.includes('"fields"') ? text : localStorage.getItem("regulars-clip");
  if (!found) return;
  const selected = document.activeElement?.closest?.(".field-card")?.dataset.field;
  step({ do: "paste", clip: found, after: selected ?? document.querySelector(TARGET).dataset.selected });
}

// Some browsers paste only into inputs; then what our own tabs copied last is taken.
let waiting = 0;
export function pasteSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(paste, 150, "");
}

document.addEventListener("paste", (event) => {
  clearTimeout(waiting);
  if (!document.querySelector(`${TARGET} #canvas`) || event.target.closest("input:not([type=checkbox]), textarea")) return;
  event.preventDefault();
  paste(event.clipboardData.getData("text/plain"));
});

export function attach(root) {
  for (const box of fresh(root, ".card-pick", "pick")) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey) toggle(box.closest(".field-card"), true);
      else set([box.value], box.checked);
      last = box.value;
    });
  }
  for (const button of fresh(root, "[data-act=copy]", "copy")) button.addEventListener("click", () => copy([...chosen]));
  for (const button of fresh(root, "[data-act=clear]", "clear")) button.addEventListener("click", none);
  if (root.querySelector?.(".card-pick")) draw();
}
