// Colours of the page for drawings: var(--rg-…) becomes the rgb that a canvas understands.
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function rgb(color) {
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = color;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${(alpha / 255).toFixed(3)})`;
}

// A copy of `value` in which every "var(--…)" text is the colour it stands for near `element`.
export function colorsIn(value, element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.parentElement.append(probe);
  const known = new Map();
  const resolve = (text) => {
    if (!known.has(text)) {
      probe.style.color = text;
      known.set(text, rgb(getComputedStyle(probe).color));
    }
    return known.get(text);
  };
  const walk = (each) => {
    if (typeof each === "string") return each.startsWith("var(--") ? resolve(each) : each;
    if (Array.isArray(each)) return each.map(walk);
    if (each && typeof each === "object") {
      return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, walk(inner)]));
    }
    return each;
  };
  const done = walk(value);
  probe.remove();
  return done;
}
