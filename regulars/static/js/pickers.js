// Link fields: the select becomes a search box (a combobox); the select keeps the value.
import { fresh } from "./elements.js";

const WAIT = 200;

class Picker {
  constructor(element) {
    this.element = element;
    this.select = element.querySelector("select");
    this.build();
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.drop.hidden && this.load(""));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(true), 150));
    this.drop.addEventListener("mousedown", (event) => event.preventDefault());
    this.drop.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    this.clear.addEventListener("click", () => this.set("", ""));
  }

  build() {
    const { placeholder, clear } = this.element.dataset;
    const id = this.select.id;
    this.box = document.createElement("div");
    this.box.className = "picker-box";
    this.box.innerHTML = `<input class="form-control" type="text" role="combobox" autocomplete="off" aria-expanded="false" aria-autocomplete="list">
      <button class="icon-button picker-clear" type="button">×</button><div class="picker-drop" hidden></div>`;
    [this.input, this.clear, this.drop] = this.box.children;
    this.select.id = `${id}-select`;
    this.input.id = id;
    this.drop.id = `${id}-drop`;
    this.input.setAttribute("aria-controls", this.drop.id);
    this.input.placeholder = placeholder;
    this.clear.setAttribute("aria-label", clear);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (this.select.hasAttribute(name)) this.input.setAttribute(name, this.select.getAttribute(name));
    }
    this.select.hidden = true;
    this.element.append(this.box);
    this.show();
  }

  show() {
    const chosen = this.select.value ? this.select.selectedOptions[0] : null;
    this.input.value = chosen ? chosen.textContent : "";
    this.clear.hidden = !chosen;
  }

  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.load(this.input.value.trim()), WAIT);
  }

  async load(words) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const answer = await fetch(`${this.element.dataset.url}q=${encodeURIComponent(words)}`);
    if (!answer.ok || turn !== this.turn) return;
    this.drop.innerHTML = await answer.text();
    const list = this.drop.querySelector("[role=listbox]");
    list.id = `${this.input.id}-list`;
    list.setAttribute("aria-label", this.input.placeholder);
    list.querySelectorAll("[role=option]").forEach((option, n) => (option.id = `${list.id}-${n}`));
    if (!list.children.length) {
      this.drop.innerHTML = `<p class="picker-empty"></p>`;
      this.drop.firstElementChild.textContent = this.element.dataset.none;
    }
    this.drop.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.at(0);
  }

  at(index) {
    const options = [...this.drop.querySelectorAll("[role=option]")];
    this.index = Math.max(0, Math.min(index, options.length - 1));
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === this.index)));
    const current = options[this.index];
    current?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", current?.id ?? "");
    return current;
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.drop.hidden) this.load("");
      else this.at(this.index + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !this.drop.hidden) {
      event.preventDefault();
      this.choose(this.at(this.index));
    } else if (event.key === "Escape" && !this.drop.hidden) {
      event.stopPropagation();
      this.close(true);
    }
  }

  choose(option) {
    if (option) this.set(option.dataset.value, option.textContent);
  }

  set(value, words) {
    if (value && ![...this.select.options].some((each) => each.value === value)) {
      this.select.add(new Option(words, value));
    }
    this.select.value = value;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.close(true);
    this.input.focus();
  }

  close(restore) {
    this.drop.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    if (restore) this.show();
  }
}

export function attach(root) {
  for (const element of fresh(root, "[data-picker]", "picker")) new Picker(element);
}
