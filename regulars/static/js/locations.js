// Location fields: the button asks the device where it is and writes latitude and longitude.
import { fresh } from "./elements.js";

function locate(holder) {
  const said = holder.parentElement.querySelector("[data-location-said]");
  const input = holder.querySelector("input");
  const button = holder.querySelector("button");
  const say = (words) => {
    said.textContent = words;
    button.disabled = false;
  };
  if (!window.isSecureContext || !navigator.geolocation) return say(holder.dataset.insecure);
  button.disabled = true;
  said.textContent = holder.dataset.waiting;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      input.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      say(holder.dataset.found.replace("{n}", Math.max(1, Math.round(coords.accuracy))));
    },
    (error) => say(error.code === error.PERMISSION_DENIED ? holder.dataset.denied : holder.dataset.failed),
    { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 },
  );
}

export function attach(root) {
  for (const holder of fresh(root, "[data-location]", "location"))
    holder.querySelector("button").addEventListener("click", () => locate(holder));
}
