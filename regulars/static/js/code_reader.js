// Reads a bar code or QR code out of a video, a picture or a canvas: with the browser's own detector,
// else with the packaged one in its worker. Answers "" where there is none.
const BY_NAME = { ean_13: "EAN13", ean_8: "EAN8", upc_a: "UPCA", code_128: "Code128", qr_code: "QRCode" };
const LARGEST_SIDE = 1600;

let worker = null;
let asked = 0;
const waiting = new Map();

function packaged(address) {
  if (worker) return worker;
  worker = new Worker(address);
  worker.addEventListener("message", ({ data }) => {
    waiting.get(data.number)?.(data);
    waiting.delete(data.number);
  });
  worker.addEventListener("error", () => {
    for (const answer of waiting.values()) answer({ text: "", error: "worker" });
    waiting.clear();
    worker = null;
  });
  return worker;
}

function pointsOf(source) {
  const width = source.videoWidth || source.width;
  const height = source.videoHeight || source.height;
  const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, width * scale), Math.max(1, height * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

async function native(formats) {
  if (!("BarcodeDetector" in window)) return null;
  const known = await BarcodeDetector.getSupportedFormats();
  return formats.every((name) => known.includes(name)) ? new BarcodeDetector({ formats }) : null;
}

export async function codeReader(address, formats) {
  const own = await native(formats);
  if (own) return async (source) => (await own.detect(source))[0]?.rawValue ?? "";
  const names = formats.map((name) => BY_NAME[name]);
  return (source) =>
    new Promise((resolve, reject) => {
      const number = ++asked;
      waiting.set(number, (data) => (data.error ? reject(new Error(data.error)) : resolve(data.text)));
      packaged(address).postMessage({ number, picture: pointsOf(source), formats: names });
    });
}
