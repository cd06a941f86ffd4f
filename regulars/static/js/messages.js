// Writing a message text: [data-insert] puts a merge field where the cursor was last, and
// [data-sms] says below its text how many short messages one text message becomes.
import { register } from "./app.js";
import { fresh } from "./elements.js";

const BASIC =
  /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const EXTENDED = /[\^{}\\[~\]|€]/g;

// As networks count: 160 signs of the basic alphabet or 70 of any other; less when it is split.
export function partsOf(text) {
  const basic = BASIC.test(text);
  const length = basic ? text.length + (text.match(EXTENDED) ?? []).length : text.length;
  const [single, each] = basic ? [160, 153] : [70, 67];
  return { length, parts: length <= single ? 1 : Math.ceil(length / each) };
}

// A field never lands inside of another: what stands in braces is passed over.
export function outside(text, start, end) {
  const open = text.lastIndexOf("{", end - 1);
  const close = text.indexOf("}", Math.max(open, 0));
  return open >= 0 && close >= end && open < end ? [close + 1, close + 1] : [start, end];
}

let last = null;

function insert(button) {
  const field = last?.isConnected ? last : document.querySelector("[data-sms], [data-merge]");
  if (!field) return;
  const [start, end] = outside(field.value, field.selectionStart, field.selectionEnd);
  field.setRangeText(button.dataset.insert, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function count(field, told) {
  const { length, parts } = partsOf(field.value.trim());
  told.hidden = length === 0;
  told.textContent = field.dataset.sms.replace("{length}", length).replace("{parts}", parts);
}

export function attach(root) {
  for (const button of fresh(root, "[data-insert]", "insert")) {
    button.addEventListener("click", () => insert(button));
  }
  for (const field of fresh(root, "[data-merge]", "merge")) {
    field.addEventListener("focus", () => (last = field));
  }
  for (const field of fresh(root, "[data-sms]", "sms")) {
    const told = document.createElement("p");
    told.className = "field-help";
    told.setAttribute("aria-live", "polite");
    field.insertAdjacentElement("afterend", told);
    field.addEventListener("input", () => count(field, told));
    count(field, told);
  }
}

register(attach);
