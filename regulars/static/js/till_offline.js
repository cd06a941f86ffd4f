// Makes a till ready for when the line is gone: its page and files in a service worker, and a few
// facts about people for some hours. Browsers allow the worker on safe connections only.
import { NoLine } from "./till_line.js";
import { learn } from "./till_people.js";

const LEARN_AGAIN = 10 * 60 * 1000; // ms
let learned = 0;
let keeping = null;

async function activeWorker({ worker, scope }) {
  const place = await navigator.serviceWorker.register(worker, { scope });
  const found = place.installing ?? place.waiting ?? place.active;
  while (found.state !== "activated") {
    await new Promise((resolve) => found.addEventListener("statechange", resolve, { once: true }));
    if (found.state === "redundant") return null;
  }
  return found;
}

async function keepFiles(root) {
  if (!("serviceWorker" in navigator)) return;
  const worker = await activeWorker(root.dataset);
  const files = performance.getEntriesByType("resource").map((each) => new URL(each.name).pathname);
  const keep = [window.location.pathname, ...new Set(files.filter((name) => name.startsWith("/static/")))];
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kept) root.dataset.ready = "files";
  });
  worker?.postMessage({ keep: [...keep, ...JSON.parse(root.dataset.more)] });
}

export async function keepForLater(root, who) {
  keeping ??= keepFiles(root).catch(() => (keeping = null));
  if (Date.now() - learned < LEARN_AGAIN) return;
  learned = Date.now();
  await learn(root.dataset.base, who).catch((error) => {
    learned = 0;
    if (!(error instanceof NoLine)) throw error;
  });
  root.dataset.learned = "yes";
}
