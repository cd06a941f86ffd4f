// Pages and tabs of a form. Without this script pages turn by a post, and tabs stand one below the other.
import { fresh } from "./elements.js";

function turn(form, number, focus) {
  for (const page of form.querySelectorAll("[data-entry-page]")) page.hidden = page.dataset.entryPage !== number;
  for (const step of form.querySelectorAll(".entry-step")) {
    if (step.value === number) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  form.querySelector("[data-entry-at]").value = number;
  if (focus) form.querySelector(`[data-entry-page="${number}"] > h2`).focus({ preventScroll: true });
  form.scrollIntoView({ block: "start" });
}

function turns(button) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    turn(button.form, button.value, !button.matches(".entry-step"));
  });
}

function choose(list, button, focus) {
  for (const each of list.children) {
    const chosen = each === button;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) button.focus();
}

function moved(event, list) {
  const all = [...list.children];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  choose(list, all[(to + all.length) % all.length], true);
}

function tabs(holder) {
  const list = document.createElement("div");
  list.className = "layout-tab-list";
  list.setAttribute("role", "tablist");
  for (const panel of holder.querySelectorAll(":scope > [data-layout-tab]")) {
    const name = panel.querySelector(".layout-tab-name");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "layout-tab-button";
    button.textContent = name.textContent;
    button.id = name.id;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    if (panel.querySelector(".has-error")) button.classList.add("has-problem");
    panel.setAttribute("role", "tabpanel");
    name.remove();
    button.addEventListener("click", () => choose(list, button, false));
    list.append(button);
  }
  list.addEventListener("keydown", (event) => moved(event, list));
  holder.prepend(list);
  choose(list, list.querySelector(".has-problem") ?? list.firstElementChild, false);
}

export function attach(root) {
  for (const button of fresh(root, "button[name=_page]", "turn")) turns(button);
  for (const holder of fresh(root, "[data-layout-tabs]", "tabs")) tabs(holder);
}
