// Pages of records: inputs that do more with a script, and filters that load their next step.
import { register } from "./app.js";
import { fresh } from "./elements.js";
import * as addresses from "./addresses.js";
import * as cascades from "./cascades.js";
import * as files from "./files.js";
import * as layout from "./layout.js";
import * as locations from "./locations.js";
import * as pickers from "./pickers.js";
import * as richTexts from "./rich_texts.js";
import * as rows from "./rows.js";
import * as scanning from "./scanning.js";
import * as signatures from "./signatures.js";
import * as sliders from "./sliders.js";
import * as tags from "./tags.js";

function reloadFilter(form) {
  const load = async () => {
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("filter-row");
    if (!next || answer.redirected) return location.assign(answer.url);
    const focused = document.activeElement?.id;
    form.replaceWith(next);
    attach(next);
    (document.getElementById(focused === "filter-field" ? "filter-op" : "filter-value") ?? next)
      .closest("select, fieldset")
      ?.focus();
    next.querySelector("fieldset :is(input, select)")?.focus();
  };
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-filter-reload]")) return;
    for (const value of form.querySelectorAll("#filter-value [name]")) value.disabled = true;
    if (event.target.name === "f") form.elements.op?.setAttribute("disabled", "");
    load();
  });
}

export function attach(root) {
  addresses.attach(root);
  cascades.attach(root);
  files.attach(root);
  layout.attach(root);
  locations.attach(root);
  pickers.attach(root);
  richTexts.attach(root);
  rows.attach(root);
  scanning.attach(root);
  signatures.attach(root);
  sliders.attach(root);
  tags.attach(root);
  for (const form of fresh(root, "[data-filter-row]", "filter")) reloadFilter(form);
}

register(attach);
