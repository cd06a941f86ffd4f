// The till: find somebody, type what they paid, done. Works without the line as well; sales wait then.
import { Refused } from "./till_line.js";
import { amountOf, isAmount, useLetters, usePad } from "./till_pad.js";
import { card, find } from "./till_people.js";
import { add, handIn, newKey } from "./till_queue.js";
import { screenOf } from "./till_screen.js";
import { watch } from "./till_watch.js";

const LOOK_AGAIN = 15 * 1000; // ms between two looks whether the line is back
const PAUSE = 350; // ms after the fourth digit: a longer number may follow
const screen = screenOf(document.querySelector("[data-till]"));
const { at, root, say, words } = screen;
const base = root.dataset.base;
const places = Number(root.dataset.places);
const [search, amount] = [document.getElementById("till-find"), document.getElementById("till-amount")];
const now = { person: null, offer: null, online: true, signedOut: false, asked: 0 };

const { look, tell } = watch(screen, now);

function begin() {
  Object.assign(now, { person: null, offer: null });
  search.value = amount.value = "";
  search.inputMode = "none"; // the big keys come first for everybody
  at("found").replaceChildren();
  at("found-says").textContent = at("wrong").textContent = "";
  screen.show("find");
}

async function guarded(work, says) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    says.textContent = error.words;
    if (error.status === 401) await look();
  }
}

function lookFor(text) {
  const mine = ++now.asked;
  return guarded(async () => {
    const found = await find(base, text);
    if (mine !== now.asked) return; // another number was typed meanwhile
    now.online = found.online;
    screen.people(found, serve);
    if (found.people.length === 1) await serve(found.people[0]);
    await tell();
  }, at("found-says"));
}

function serve(person) {
  return guarded(async () => {
    now.person = person && (await card(base, person));
    now.offer = null;
    const nobody = { name: words["nobody"], facts: [], offers: [], online: true };
    screen.card(now.person ?? nobody, (offer) => (now.offer = offer));
    screen.show("sell");
  }, at("found-says"));
}

async function sell() {
  const paid = amountOf(amount.value);
  const least = Number(now.offer?.least ?? 0);
  at("wrong").textContent = !paid ? words["no-amount"] : Number(paid) < least ? say("too-little", { least: screen.money(least) }) : "";
  if (at("wrong").textContent) return amount.focus();
  const sale = { key: newKey(), amount: paid, person: now.person?.id ?? null, offer: now.offer?.id ?? null };
  at("go").disabled = true;
  const name = now.person ? `${[...now.person.name][0] ?? ""}*` : ""; // enough for the clerk to tell
  const done = await handIn(await add(base, name, sale)).finally(() => (at("go").disabled = false));
  now.online = !done.waits || Boolean(done.words);
  now.signedOut = done.signedOut ?? false;
  await tell();
  screen.done(sale, done);
}

let timer = 0;
search.addEventListener("input", () => {
  window.clearTimeout(timer);
  if (/^\d{4}$/.test(search.value)) timer = window.setTimeout(() => lookFor(search.value), PAUSE);
});
search.addEventListener("change", () => search.value.length > 4 && lookFor(search.value)); // a code was scanned
amount.addEventListener("input", () => isAmount(amount.value, places) || (amount.value = amount.value.slice(0, -1)));
at("find-form").addEventListener("submit", (event) => {
  event.preventDefault();
  window.clearTimeout(timer);
  if (search.value.trim()) lookFor(search.value.trim());
});
at("sale-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sell();
});
for (const pad of root.querySelectorAll("[data-pad]")) usePad(pad, document.getElementById(pad.dataset.pad));
for (const each of root.querySelectorAll("[data-quick]")) {
  each.addEventListener("click", () => (amount.value = each.dataset.quick));
}
for (const each of root.querySelectorAll("[data-begin]")) each.addEventListener("click", begin);
// A hand scanner types wherever the focus is: after a big key that is the key, not the input.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  const typed = key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
  const input = { find: search, sell: amount }[root.dataset.at];
  if (typed && input && !document.activeElement.matches("input, textarea") && !at("waiting").open) input.focus();
});
useLetters(at("letters"), search);
at("nobody")?.addEventListener("click", () => serve(null));
at("bar-open").addEventListener("click", () => at("waiting").showModal());
for (const name of ["online", "offline"]) window.addEventListener(name, look);
window.setInterval(look, LOOK_AGAIN);
begin();
look();
