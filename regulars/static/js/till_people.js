// Who stands at the till: asked from the shop, or found in what this device knows for some hours.
import { NoLine, ask } from "./till_line.js";
import { clear, drop, keep, read } from "./till_store.js";

const HOUR = 3600 * 1000;

async function known(base) {
  const found = await read("people", base);
  if (!found) return [];
  if (found.until > Date.now()) return found.people;
  await drop("people", base);
  return [];
}

// What somebody else left here goes before anything is kept.
export async function mindWho(base, who) {
  const found = await read("people", base);
  if (found && found.who !== who) await clear("people");
}

export async function learn(base, who) {
  const { people, hours } = await ask(`${base}/known`);
  await keep("people", base, { who, people, until: Date.now() + hours * HOUR });
}

export async function find(base, text) {
  try {
    const found = await ask(`${base}/people?find=${encodeURIComponent(text)}`);
    return { ...found, online: true };
  } catch (error) {
    if (!(error instanceof NoLine)) throw error;
    const digits = text.replace(/\D/g, "").slice(-4);
    const people = digits.length === 4 ? (await known(base)).filter((each) => each.tail === digits) : [];
    return { people, more: false, online: false };
  }
}

export async function card(base, person) {
  try {
    return { ...(await ask(`${base}/people/${person.id}`)), online: true };
  } catch (error) {
    if (!(error instanceof NoLine)) throw error;
    return { ...person, offers: [], online: false };
  }
}
