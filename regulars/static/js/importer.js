// Dropping a file, and showing at each column only the questions its field asks.
import { register } from "./app.js";
import { fresh } from "./elements.js";

function drop(zone) {
  const input = zone.querySelector("input[type=file]");
  const name = zone.querySelector("[data-drop-name]");
  const tell = () => {
    name.textContent = [...input.files].map((file) => file.name).join(", ");
  };
  input.addEventListener("change", tell);
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      if (kind === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        tell();
      }
    });
  }
  tell();
}

function ask(row) {
  const place = row.querySelector("[data-match-place]");
  const more = row.querySelector("[data-match-more]");
  const show = () => {
    const type = place.selectedOptions[0]?.dataset.type ?? "";
    let asked = 0;
    for (const question of more.querySelectorAll("[data-for]")) {
      question.hidden = !question.dataset.for.split(" ").includes(type);
      asked += question.hidden ? 0 : 1;
    }
    more.hidden = asked === 0;
  };
  place.addEventListener("change", show);
  show();
}

function attach(root) {
  for (const zone of fresh(root, "[data-drop]", "drop")) drop(zone);
  for (const row of fresh(root, "[data-match-row]", "match")) ask(row);
}

register(attach);
