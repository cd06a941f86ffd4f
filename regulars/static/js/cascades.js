// Options of several levels: one select for each level instead of a single one with every way.
import { fresh } from "./elements.js";

const BETWEEN = " / ";

// every way of the original select as a tree: words → { value, below }
function treeOf(select) {
  const root = { value: "", below: new Map() };
  for (const option of select.options) {
    if (!option.value) continue;
    let here = root;
    for (const step of option.text.split(BETWEEN)) {
      if (!here.below.has(step)) here.below.set(step, { value: "", below: new Map() });
      here = here.below.get(step);
    }
    here.value = option.value;
  }
  return root;
}

function levelSelect(holder, branch, number, chosen) {
  const select = document.createElement("select");
  select.className = "form-select";
  select.setAttribute("aria-label", holder.dataset.level.replace("{n}", number));
  select.append(new Option(number === 1 && !holder.needed ? holder.dataset.none : holder.dataset.choose, ""));
  for (const words of branch.below.keys()) select.append(new Option(words, words, false, words === chosen));
  select.addEventListener("change", () => {
    const way = [...holder.levels.querySelectorAll("select")].slice(0, number).map((each) => each.value);
    holder.original.value = at(holder.tree, way)?.value ?? "";
    holder.original.dispatchEvent(new Event("change", { bubbles: true }));
    draw(holder, way);
    const next = holder.levels.children[number] ?? holder.levels.children[number - 1];
    next.focus();
  });
  return select;
}

const at = (tree, way) => way.reduce((here, step) => here?.below.get(step), tree);

function draw(holder, way) {
  holder.levels.replaceChildren();
  let branch = holder.tree;
  for (let number = 1; branch?.below.size; number += 1) {
    const chosen = way[number - 1] ?? "";
    holder.levels.append(levelSelect(holder, branch, number, chosen));
    branch = chosen ? branch.below.get(chosen) : null;
  }
  const last = at(holder.tree, way);
  const open = way.some(Boolean) && !last?.value;
  const levels = [...holder.levels.children];
  levels.at(-1)?.setCustomValidity(open ? holder.dataset.choose : "");
  if (holder.needed) levels.forEach((each) => (each.required = true));
  for (const name of ["aria-describedby", "aria-invalid"]) {
    const said = holder.original.getAttribute(name);
    if (said) levels.forEach((each) => each.setAttribute(name, said));
  }
}

export function attach(root) {
  for (const holder of fresh(root, "[data-cascade]", "cascade")) {
    const select = holder.querySelector("select");
    holder.original = select;
    holder.needed = select.required;
    select.required = false; // nobody could reach a hidden one to fill it in
    holder.tree = treeOf(select);
    holder.levels = document.createElement("div");
    holder.levels.className = "cascade-levels";
    holder.append(holder.levels);
    draw(holder, select.value ? select.selectedOptions[0].text.split(BETWEEN) : []);
    const first = holder.levels.querySelector("select");
    if (!first) continue;
    first.id = select.id;
    select.removeAttribute("id");
    select.hidden = true;
  }
}
