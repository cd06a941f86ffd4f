// Keeps a till's page and its files on the device, so that it opens without the line. It answers for
// the page and for files of this release only; whatever the till asks or sends passes it by, and
// so does any answer about people that somebody opens by its address.
const RELEASE = self.location.pathname.split("/")[2];
const SHELF = `till-${RELEASE}`;
const PATIENCE = 4000; // ms until the kept page is shown instead

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("till-") && name !== SHELF) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// Screens lie right below the scope: /w/shop/till/counter, not /w/shop/till/counter/known.
function isScreen(address) {
  const scope = new URL(self.registration.scope).pathname;
  return address.startsWith(scope) && !address.slice(scope.length).includes("/");
}

async function keepOne(shelf, address) {
  if (await shelf.match(address)) return;
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) await shelf.put(address, answer);
}

self.addEventListener("message", (event) => {
  const keep = async () => {
    const shelf = await caches.open(SHELF);
    const done = await Promise.allSettled(event.data.keep.map((address) => keepOne(shelf, address)));
    event.source?.postMessage({ kept: done.every((each) => each.status === "fulfilled") });
  };
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep());
});

async function page(request) {
  const shelf = await caches.open(SHELF);
  const address = new URL(request.url).pathname;
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok && !answer.redirected) await shelf.put(address, answer.clone());
    return answer;
  } catch {
    return (await shelf.match(address)) ?? Response.error();
  }
}

async function file(request) {
  const shelf = await caches.open(SHELF);
  return (await shelf.match(request.url)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (isScreen(address.pathname)) event.respondWith(page(request));
    return;
  }
  if (address.pathname.startsWith(`/static/${RELEASE}/`)) event.respondWith(file(request));
});
