// Big keys that write into an input, beside the keyboard and a hand scanner.
export function usePad(pad, input) {
  const places = Number(pad.dataset.places ?? -1);
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-press]");
    if (!key) return;
    input.value = pressed(input.value, key.dataset.press, places);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// The keyboard of a phone, for a name: beside the big keys it stays away.
export function useLetters(button, input) {
  button.addEventListener("click", () => {
    input.inputMode = "text";
    input.blur();
    input.focus();
  });
}

// What stands in the input after a key; amounts take so many decimals and no second point.
export function pressed(text, key, places) {
  if (key === "back") return text.slice(0, -1);
  if (places < 0) return `${text}${key}`.slice(0, 40);
  const next = key === "." && !text ? "0." : `${text}${key}`;
  return isAmount(next, places) ? next.replace(/^0+(?=\d)/, "") : text;
}

export function isAmount(text, places) {
  return new RegExp(places ? `^\\d{0,9}(\\.\\d{0,${places}})?$` : "^\\d{0,9}$").test(text);
}

// An amount as the shop takes it; "" when there is none.
export function amountOf(text) {
  const plain = text.trim().replace(/\.$/, "");
  return /^\d+(\.\d+)?$/.test(plain) && Number(plain) > 0 ? plain : "";
}
