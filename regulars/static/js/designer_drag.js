// Dragging: fields between sections, parts of the layout, and new ones from the palette.
import { picked } from "./designer_picks.js";
import { step } from "./designer_steps.js";
import { fresh } from "./elements.js";

const SHARED = {
  animation: 140,
  forceFallback: true,
  fallbackOnBody: true,
  fallbackTolerance: 4,
  delay: 120,
  delayOnTouchOnly: true,
};

// Counted by hand: Sortable counts only what the list that was dragged from calls draggable.
function cardsBefore(item, without) {
  const cards = [];
  for (let each = item.previousElementSibling; each; each = each.previousElementSibling) {
    if (each.matches(".field-card:not(.sortable-fallback)") && !without.has(each.dataset.field)) cards.push(each);
  }
  return cards;
}

function onSection(list, item) {
  const { type, field } = item.dataset;
  const all = picked();
  const several = all.size > 1 && all.has(field);
  const before = cardsBefore(item, several ? all : new Set());
  const place = { section: list.dataset.section, position: before.length };
  if (type?.startsWith("part/")) {
    const behind = before[0]?.dataset.field;
    return step({ do: "add", type, ...(behind ? { behind } : { before: list.closest("[data-part]").dataset.part }) });
  }
  if (type) return step({ do: "add", type, ...place });
  if (several) return step({ do: "move-chosen", chosen: [...all].join(), ...place });
  return step({ do: "move", field, ...place });
}

function onParts(item) {
  let next = item.nextElementSibling;
  while (next && !next.dataset.part) next = next.nextElementSibling;
  const before = next?.dataset.part ?? "";
  const { type, part } = item.dataset;
  return step(type ? { do: "add", type, before } : { do: "part-move", part, before });
}

function dropped(event) {
  const list = event.to.closest("[data-section], [data-parts]");
  const item = event.item;
  const act = list?.dataset.section === undefined ? () => onParts(item) : () => onSection(list, item);
  const done = list ? act() : null;
  // The server draws the result; what the drag left behind goes first.
  if (item.dataset.type) item.remove();
  return done;
}

export function attach(root) {
  const on = { onAdd: dropped, onUpdate: dropped };
  for (const list of fresh(root, "[data-section]", "sortable")) {
    const group = { name: "fields", put: ["fields", "new-parts"] };
    new window.Sortable(list, { ...SHARED, ...on, group, draggable: ".field-card", handle: ".grip" });
  }
  for (const list of fresh(root, "[data-parts]", "sortable")) {
    const group = { name: "parts", put: ["parts", "new-parts"] };
    new window.Sortable(list, { ...SHARED, ...on, group, draggable: "[data-part]", handle: ".part-grip" });
  }
  for (const list of fresh(root, "[data-palette-list]", "sortable")) {
    new window.Sortable(list, {
      ...SHARED,
      group: { name: list.dataset.paletteList, pull: "clone", put: false },
      sort: false,
      draggable: "[data-type]",
      onStart: () => document.getElementById("palette").hidePopover?.(),
    });
  }
}
