// The keyboard's way to everything on the canvas. Keys act on the card with the focus, or all picked ones.
import { all, copy, meant, none, pasteSoon, picked, toggle } from "./designer_picks.js";
import { step } from "./designer_steps.js";

let follow = null; // the field whose card gets the focus back once the canvas is drawn anew

export function wanted(root) {
  const ref = follow;
  follow = null;
  const card = ref && root.querySelector(`[data-field="${CSS.escape(ref)}"]`);
  return card ? card.querySelector("[data-card-settings]") : null;
}

function go(card, by) {
  const cards = [...document.querySelectorAll("#canvas .field-card")];
  const next = card ? cards[cards.indexOf(card) + by] : cards[by > 0 ? 0 : cards.length - 1];
  next?.querySelector("[data-card-settings]").focus();
}

function act(card, values) {
  follow = card.dataset.field;
  step(values);
}

function carry(card, by) {
  const lists = [...document.querySelectorAll("#canvas [data-section]")];
  const list = lists[lists.indexOf(card.parentElement) + by];
  if (!list) return;
  act(card, { do: "move-chosen", chosen: meant(card).join(), section: list.dataset.section });
}

function widen(card, by) {
  const now = Number(/is-span-(\d)/.exec(card.className)?.[1] ?? 1);
  act(card, { do: "width-chosen", chosen: meant(card).join(), width: Math.max(1, Math.min(4, now + by)) });
}

const ARROWS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 };

function byArrow(event, card) {
  const by = ARROWS[event.key];
  const upright = event.key === "ArrowUp" || event.key === "ArrowDown";
  if (!event.altKey) return upright ? (go(card, by), true) : false;
  if (!card) return false;
  if (!upright) widen(card, by);
  else if (event.shiftKey) carry(card, by);
  else act(card, { do: `${by < 0 ? "up" : "down"}:${card.dataset.field}` });
  return true;
}

const WITH_CONTROL = {
  a: () => all(),
  d: (card) => step({ do: "duplicate-chosen", chosen: meant(card).join() }),
  c: (card) => copy(meant(card)),
  x: async (card) => {
    const refs = meant(card);
    if (await copy(refs)) step({ do: "remove-chosen", chosen: refs.join() });
  },
};

const PLAIN = {
  F2: (card) => card?.querySelector("[data-card-title]").select(),
  x: (card) => card && toggle(card, false),
  r: (card) => card && act(card, { do: `require:${card.dataset.field}` }),
  Delete: (card) => meant(card).length && step({ do: "remove-chosen", chosen: meant(card).join() }),
  "/": () => {
    const palette = document.getElementById("palette");
    if (getComputedStyle(palette).position === "fixed") palette.showPopover();
    document.querySelector("[data-palette-search]").focus();
  },
  "?": () => document.getElementById("shortcuts").togglePopover(),
  Escape: () => (picked().size ? none() : document.querySelector("#panel .panel-head a")?.click()),
};
PLAIN.Backspace = PLAIN.Delete;

export function pressed(event, designer) {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog, summary");
  if (typing || event.defaultPrevented || !(designer.contains(event.target) || event.target === document.body)) return;
  const card = event.target.closest(".field-card") ?? designer.querySelector(".field-card.is-selected");
  if (event.key in ARROWS) {
    if (byArrow(event, card)) event.preventDefault();
    return;
  }
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "v") return pasteSoon(); // what is pasted comes as an event of its own
  const deed = (control ? WITH_CONTROL : PLAIN)[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!deed || event.altKey || (control && event.shiftKey)) return;
  if (event.key === "c" && String(window.getSelection())) return; // words were marked to be copied
  event.preventDefault();
  deed(card);
}
