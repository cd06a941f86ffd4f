// Code fields: the camera reads a code into the field; where there is none (or the connection is not
// a safe one) a photo of the code does. A hand scanner ends with Enter, which goes on to the next input.
import { codeReader } from "./code_reader.js";
import { fresh } from "./elements.js";

const PAUSE = 120; // ms between two looks at the video

function goOn(input) {
  const inputs = [...input.form.elements].filter(
    (each) => each.tabIndex >= 0 && !each.disabled && each.type !== "hidden" && !each.matches("[data-scan]"),
  );
  const next = inputs[inputs.indexOf(input) + 1];
  (next ?? input).focus();
}

function fill(input, text) {
  input.value = text;
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  navigator.vibrate?.(60);
  goOn(input);
}

function build(button) {
  const dialog = button.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-scan-close]")) dialog.close();
  });
  return dialog;
}

async function lookAtPhoto(file, read) {
  const photo = await createImageBitmap(file);
  const text = await read(photo);
  photo.close();
  return text;
}

async function lookThroughCamera(dialog, read) {
  const video = dialog.querySelector("video");
  const wanted = { facingMode: "environment", width: { ideal: 1280 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (!dialog.open) return stop() ?? "";
  dialog.addEventListener("close", stop);
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  while (dialog.open) {
    const text = video.videoWidth ? await read(video) : "";
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return "";
}

async function scan(button, input) {
  const dialog = build(button);
  const { decoder, formats, denied, none, failed } = button.dataset;
  const says = dialog.querySelector("[data-scan-says]");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  const take = (text) => {
    if (!text || !dialog.open) return;
    dialog.close();
    fill(input, text);
  };
  try {
    const read = await codeReader(decoder, formats.split(" "));
    dialog.querySelector("[data-scan-photo]").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (!file) return;
      const text = await lookAtPhoto(file, read).catch(() => "");
      if (text) take(text);
      else says.textContent = none;
    });
    if (!navigator.mediaDevices) throw new DOMException("", "NotAllowedError");
    take(await lookThroughCamera(dialog, read));
  } catch (error) {
    says.textContent = error instanceof DOMException ? denied : failed;
  }
}

export function attach(root) {
  for (const button of fresh(root, "[data-scan]", "scan")) {
    const input = document.getElementById(button.dataset.scan);
    button.addEventListener("click", () => scan(button, input));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      goOn(input);
    });
  }
}
