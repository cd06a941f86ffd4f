// A scale and the number beside it say the same; the number is what is saved.
import { fresh } from "./elements.js";

export function attach(root) {
  for (const slider of fresh(root, "[data-slider]", "slider")) {
    const scale = slider.querySelector("input[type=range]");
    const number = slider.querySelector("input[name]");
    scale.addEventListener("input", () => {
      number.value = scale.value;
      number.dispatchEvent(new Event("change", { bubbles: true }));
    });
    number.addEventListener("input", () => {
      if (number.value.trim() !== "" && Number.isFinite(Number(number.value))) scale.value = number.value;
    });
  }
}
