// File fields: several files are handed in at once with progress; the hidden input holds their ids.
import { fresh } from "./elements.js";

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
  const body = new FormData();
  body.append("file", file);
  if (field.dataset.only) body.append("only", field.dataset.only);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", field.dataset.url);
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => (request.status === 201 ? resolve(request.responseText) : reject(request)));
    request.addEventListener("error", () => reject(request));
    bar.hidden = false;
    request.send(body);
  }).finally(() => { bar.hidden = true; });
}

function show(field, html) {
  const holder = field.querySelector("[data-files-list]");
  let list = holder.querySelector("ul");
  if (!list) {
    list = document.createElement("ul");
    list.className = "file-lines";
    holder.append(list);
  }
  const line = new DOMParser().parseFromString(html, "text/html").querySelector("[data-file]");
  list.append(line);
  return line.dataset.file;
}

function reason(field, request) {
  const page = new DOMParser().parseFromString(request.responseText || "", "text/html");
  return page.querySelector("[role=alert], .toast-body, p")?.textContent.trim() || field.dataset.failed;
}

async function take(field, files) {
  say(field, "");
  for (const file of files) {
    if (ids(field).length >= Number(field.dataset.most)) break;
    try {
      keep(field, [...ids(field), show(field, await send(field, file))]);
    } catch (request) {
      say(field, `${file.name}: ${reason(field, request)}`);
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
