// File fields: several files are handed in at once with progress; the hidden input holds their ids.
import { fresh } from "./elements.js";
import { lineOf, reasonOf, upload } from "./uploads.js";

function ids(field) {
  return field.querySelector("[data-files-value]").value.split(",").filter(Boolean);
}

function keep(field, list) {
  const input = field.querySelector("[data-files-value]");
  input.value = list.join(",");
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function say(field, words) {
  const error = field.querySelector("[data-files-error]");
  error.textContent = words;
  error.hidden = !words;
}

function send(field, file) {
  const bar = field.querySelector("[data-files-progress]");
  bar.hidden = false;
  return upload(field.dataset.url, file, field.dataset.only, (part) => { bar.value = part; })
    .finally(() => { bar.hidden = true; });
}

function show(field, html) {
  const holder = field.querySelector("[data-files-list]");
  let list = holder.querySelector("ul");
  if (!list) {
    list = document.createElement("ul");
    list.className = "file-lines";
    holder.append(list);
  }
  const line = lineOf(html);
  list.append(line);
  return line.dataset.file;
}

async function take(field, files) {
  say(field, "");
  for (const file of files) {
    if (ids(field).length >= Number(field.dataset.most)) break;
    try {
      keep(field, [...ids(field), show(field, await send(field, file))]);
    } catch (request) {
      say(field, `${file.name}: ${reasonOf(request) || field.dataset.failed}`);
    }
  }
}

export function attach(root) {
  for (const field of fresh(root, "[data-files]", "files")) {
    const pick = field.querySelector("[data-files-pick]");
    pick.addEventListener("change", async () => {
      await take(field, [...pick.files]);
      pick.value = "";
    });
    field.addEventListener("click", (event) => {
      const line = event.target.closest("[data-file-remove]")?.closest("[data-file]");
      if (!line) return;
      keep(field, ids(field).filter((id) => id !== line.dataset.file));
      line.remove();
    });
  }
}
