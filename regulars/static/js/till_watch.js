// Looks whether the line is there, sends what waits, and shows what the clerk has to know of it.
import { forget } from "./till_forget.js";
import { NoLine, Refused, ask } from "./till_line.js";
import { keepForLater } from "./till_offline.js";
import { mindWho } from "./till_people.js";
import { discard, kept, sendAgain, setToken, sync } from "./till_queue.js";

const OUT = [401, 403, 404]; // signed out, or not one of this shop's clerks any more

export function watch(screen, now) {
  const { root, words } = screen;
  const { base } = root.dataset;

  async function tell() {
    screen.waiting(await kept(base), { online: now.online, signedOut: now.signedOut, act });
  }

  async function look() {
    try {
      const { who, token, version } = await ask(`${base}/now`);
      setToken(token);
      await mindWho(base, who);
      now.online = true;
      if (version !== root.dataset.version && root.dataset.at === "find") return window.location.reload();
      await keepForLater(root, who);
      now.signedOut = (await sync(base)).signedOut ?? false;
    } catch (error) {
      if (!(error instanceof NoLine) && !(error instanceof Refused)) throw error;
      now.online = !(error instanceof NoLine);
      now.signedOut = OUT.includes(error.status);
      if (now.signedOut) await forget();
    }
    await tell();
  }

  async function act(what, entry) {
    if (what === "discard" && !window.confirm(words["discard-sure"])) return;
    if (what === "discard") await discard(entry);
    else await sendAgain(entry, what === "without" ? { offer: null } : {});
    await tell();
  }

  return { look, tell };
}
