// Draws what the till's scripts know; every piece of markup stands as a template in the page.
export function screenOf(root) {
  const words = JSON.parse(root.dataset.words);
  const at = (name) => root.querySelector(`[data-${name}]`);
  const piece = (name) => at(`piece-${name}`).content.firstElementChild.cloneNode(true);
  const money = (amount) => `${root.dataset.sign}${Number(amount).toFixed(Number(root.dataset.places))}`;
  const say = (key, params = {}) =>
    Object.entries(params).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key]);

  function show(step, focus) {
    for (const each of root.querySelectorAll("[data-step]")) each.hidden = each.dataset.step !== step;
    root.dataset.at = step;
    (focus ?? at(`first-of-${step}`))?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  function factsInto(list, facts) {
    list.replaceChildren(
      ...facts.map((fact) => {
        const made = piece("fact");
        made.querySelector("dt").textContent = fact.name;
        made.querySelector("dd").textContent = fact.text;
        if (fact.tone) made.querySelector("dd").dataset.tone = fact.tone;
        return made;
      }),
    );
  }

  function people(found, choose) {
    const list = at("found");
    list.replaceChildren(
      ...found.people.map((each) => {
        const made = piece("person");
        made.querySelector("strong").textContent = each.name;
        made.querySelector("span").textContent = each.facts.map((fact) => fact.text).join(" · ");
        made.querySelector("button").addEventListener("click", () => choose(each));
        return made;
      }),
    );
    const offline = found.online ? "none-found" : "none-known";
    at("found-says").textContent = found.people.length ? (found.more ? words["more-found"] : "") : words[offline];
  }

  function offers(card, chosen) {
    at("offers").hidden = !card.offers.length;
    at("no-offers").hidden = card.online || card.offers.length > 0 || !card.id;
    at("offer-list").replaceChildren(
      ...card.offers.map((each) => {
        const made = piece("offer");
        const box = made.querySelector("input");
        made.querySelector("strong").textContent = each.title;
        made.querySelector("span span").textContent = each.facts.map((fact) => `${fact.name} ${fact.text}`).join(" · ");
        box.addEventListener("change", () => {
          for (const other of at("offer-list").querySelectorAll("input")) if (other !== box) other.checked = false;
          chosen(box.checked ? each : null);
        });
        return made;
      }),
    );
  }

  function card(given, chosen) {
    at("name").textContent = given.name;
    factsInto(at("facts"), given.facts);
    offers(given, chosen);
  }

  function waiting(entries, { online, signedOut, act }) {
    const stuck = entries.filter((each) => each.refused).length;
    const bar = at("bar");
    bar.dataset.tone = stuck ? "danger" : online ? "calm" : "warning";
    bar.hidden = online && !entries.length && !signedOut;
    at("bar-says").textContent = signedOut
      ? say("signed-out", { n: entries.length })
      : stuck
        ? say("stuck", { n: stuck })
        : say(online ? "sending" : "offline", { n: entries.length });
    at("bar-open").hidden = !entries.length;
    at("bar-sign-in").hidden = !signedOut;
    at("waiting-list").replaceChildren(
      ...entries.map((each) => {
        const made = piece("waiting");
        made.querySelector("strong").textContent = money(each.sale.amount);
        made.querySelector("time").textContent = new Date(each.at).toLocaleString(document.documentElement.lang);
        made.querySelector("[data-who]").textContent = each.name;
        made.querySelector("[data-why]").textContent = each.refused || words["waits"];
        const isTaken = Boolean(each.refused && each.sale.offer);
        for (const button of made.querySelectorAll("button")) {
          button.hidden = button.dataset.do === "without" ? !isTaken : !each.refused;
          button.addEventListener("click", () => act(button.dataset.do, each));
        }
        return made;
      }),
    );
    if (!entries.length) at("waiting").close();
  }

  // What became of a sale: {sold}, {waits} or {refused}, as the queue says it.
  function done(sale, { sold, refused, words: why }) {
    const title = sold ? "done" : refused ? "not-recorded" : "done-waits";
    const offer = sale.offer && !refused ? words[sold ? "offer-used" : "offer-later"] : "";
    const points = sold?.points ? say("points", { n: sold.points }) : "";
    at("done").dataset.tone = sold ? "good" : refused ? "bad" : "waits";
    at("done-title").textContent = words[title];
    at("done-amount").textContent = money(sale.amount);
    at("done-text").textContent = [refused ?? why, offer, points].filter(Boolean).join(" ");
    show("done");
  }

  return { root, words, at, say, money, show, people, card, waiting, done };
}
