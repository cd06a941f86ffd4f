// Signature fields: strokes of a finger, a pen or the mouse, or a typed name, on white paper. The
// picture is handed in when the form is saved, so that no half of a name is ever kept.
import { fresh } from "./elements.js";
import { lineOf, reasonOf, upload } from "./uploads.js";

const INK = "#14213d";
const PAPER = { width: 900, height: 300 };
const pads = new WeakMap(); // form → its pads that have something new

function draw(pen, strokes, typed) {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, PAPER.width, PAPER.height);
  pen.strokeStyle = pen.fillStyle = INK;
  pen.lineWidth = 5;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    pen.moveTo(...stroke[0]);
    stroke.forEach(([x, y], n) => {
      const [nextX, nextY] = stroke[n + 1] ?? [x, y];
      pen.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    });
    pen.stroke();
  }
  if (!typed) return;
  pen.font = "italic 96px 'Snell Roundhand', 'Segoe Script', 'KaiTi', 'Kaiti SC', cursive";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(typed, PAPER.width / 2, PAPER.height / 2, PAPER.width - 40);
}

function start(field) {
  const part = (name) => field.querySelector(`[data-signature-${name}]`);
  const [canvas, value, kept, typed] = ["canvas", "value", "kept", "typed"].map(part);
  const pen = canvas.getContext("2d");
  let strokes = [];
  const isBlank = () => strokes.length === 0 && typed.value.trim() === "";
  const show = () => {
    draw(pen, strokes, typed.value.trim());
    part("undo").disabled = strokes.length === 0;
    part("clear").disabled = isBlank();
  };
  const point = (event) => {
    const place = canvas.getBoundingClientRect();
    return [((event.clientX - place.left) / place.width) * PAPER.width, ((event.clientY - place.top) / place.height) * PAPER.height];
  };
  const changed = () => {
    value.value = "";
    show();
    value.dispatchEvent(new Event("change", { bubbles: true }));
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    strokes.push([point(event)]);
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(moves.length ? moves : [event]).map(point));
    show();
  });
  canvas.addEventListener("pointerup", changed);
  typed.addEventListener("input", changed);
  part("undo").addEventListener("click", () => { strokes.pop(); changed(); });
  part("clear").addEventListener("click", () => { strokes = []; typed.value = ""; changed(); });
  part("again")?.addEventListener("click", () => {
    kept.remove();
    part("pad").hidden = false;
    changed();
    canvas.focus();
  });
  show();
  return {
    waits: () => !value.value && !isBlank(),
    async send() {
      const picture = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
      const file = new File([picture], "signature.png", { type: "image/png" });
      value.value = lineOf(await upload(field.dataset.url, file, "picture")).dataset.file;
    },
    say(words) {
      const error = part("error");
      error.textContent = words;
      error.hidden = !words;
    },
    failed: field.dataset.failed,
  };
}

async function sendAll(form, submitter) {
  for (const pad of pads.get(form).filter((each) => each.waits())) {
    try {
      pad.say("");
      await pad.send();
    } catch (request) {
      pad.say(reasonOf(request) || pad.failed);
      return;
    }
  }
  form.requestSubmit(submitter);
}

export function attach(root) {
  for (const field of fresh(root, "[data-signature]", "signature")) {
    const form = field.closest("form");
    const pad = start(field);
    if (!form) continue;
    pads.set(form, [...(pads.get(form) ?? []), pad]);
    if (pads.get(form).length > 1) continue;
    form.addEventListener("submit", (event) => {
      if (!pads.get(form).some((each) => each.waits())) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      sendAll(form, event.submitter);
    }, { capture: true });
  }
}
