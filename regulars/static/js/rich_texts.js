// Formatted texts: what is written and pasted holds the few marks the server keeps, and nothing else.
// The textarea below carries the HTML; the server cleans it again.
import { fresh } from "./elements.js";
import { addressOf, cleaned } from "./rich_marks.js";

// not "insertHTML": that writes styles into the text, which the page's policy refuses
function put(range, nodes) {
  const last = nodes instanceof DocumentFragment ? nodes.lastChild : nodes;
  if (!last) return;
  range.deleteContents();
  range.insertNode(nodes);
  range.setStartAfter(last);
  range.collapse(true);
}

function format(command, value) {
  const isSet = command === "formatBlock" && document.queryCommandValue("formatBlock") === value;
  document.execCommand(command, false, isSet ? "p" : value);
}

function isOn(button) {
  const { format, formatValue } = button.dataset;
  if (format === "formatBlock") return document.queryCommandValue("formatBlock") === formatValue;
  if (format === "link" || format === "unlink") return false;
  return document.queryCommandState(format);
}

function start(field) {
  const source = field.querySelector("textarea");
  const area = field.querySelector("[data-rich-area]");
  const link = field.querySelector("[data-rich-link]");
  const buttons = [...field.querySelectorAll("[data-format]")];
  let kept = null; // where the link goes while its address is typed
  const keep = () => {
    source.value = area.textContent.trim() ? area.innerHTML : "";
    source.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const show = () => {
    if (!area.contains(document.getSelection().anchorNode)) return;
    for (const button of buttons) button.setAttribute("aria-pressed", isOn(button));
  };
  const putLink = () => {
    const address = addressOf(link.querySelector("input").value);
    link.hidden = true;
    area.focus();
    document.getSelection().removeAllRanges();
    document.getSelection().addRange(kept);
    if (!address) return;
    const words = kept.collapsed ? address : kept.toString();
    const made = Object.assign(document.createElement("a"), { href: address, textContent: words });
    put(kept, made);
    keep();
  };
  area.innerHTML = cleaned(source.value);
  document.execCommand("defaultParagraphSeparator", false, "p");
  buttons[0].tabIndex = 0;
  area.addEventListener("input", keep);
  area.addEventListener("paste", (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!html) return;
    event.preventDefault();
    const pasted = document.createElement("template");
    pasted.innerHTML = cleaned(html);
    put(document.getSelection().getRangeAt(0), pasted.content);
    keep();
  });
  document.addEventListener("selectionchange", show);
  field.querySelector("label").addEventListener("click", () => area.focus());
  field.querySelector("[role=toolbar]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons.at((buttons.indexOf(event.target) + step) % buttons.length);
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  for (const button of buttons) {
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the text stays selected
    button.addEventListener("click", () => {
      const selection = document.getSelection();
      if (!area.contains(selection.anchorNode)) area.focus();
      if (button.dataset.format !== "link") {
        format(button.dataset.format, button.dataset.formatValue);
        show();
        return keep();
      }
      kept = selection.getRangeAt(0).cloneRange();
      link.hidden = false;
      link.querySelector("input").focus();
    });
  }
  link.querySelector("button").addEventListener("click", putLink);
  link.addEventListener("keydown", (event) => {
    if (event.key === "Enter") putLink();
    if (event.key === "Escape") link.hidden = true;
    if (["Enter", "Escape"].includes(event.key)) event.preventDefault();
  });
}

export function attach(root) {
  for (const field of fresh(root, "[data-rich-text]", "richText")) start(field);
}
