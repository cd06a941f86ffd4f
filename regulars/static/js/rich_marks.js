// The few marks of formatted texts, as the server keeps them.
const KEPT = { P: "p", DIV: "p", H1: "h2", H2: "h2", H3: "h3", H4: "h3", UL: "ul", OL: "ol", LI: "li", STRONG: "strong", B: "strong", EM: "em", I: "em", A: "a", BR: "br" };
const GONE = new Set(["SCRIPT", "STYLE", "TEMPLATE", "TITLE", "HEAD", "SVG", "MATH"]);
const REFUSED = /\s(?:style|on\w+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi;
const SAFE = /^(https?:|mailto:|tel:)/i;

export function addressOf(text) {
  const address = text.trim();
  if (SAFE.test(address)) return address;
  return /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(address) ? `https://${address}` : "";
}

function copyKept(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || GONE.has(node.tagName.toUpperCase())) continue;
    let place = to;
    const name = KEPT[node.tagName.toUpperCase()];
    if (name && (name !== "a" || addressOf(node.getAttribute("href") ?? ""))) {
      place = document.createElement(name);
      if (name === "a") place.href = addressOf(node.getAttribute("href"));
      to.append(place);
    }
    copyKept(node, place);
  }
}

export function cleaned(html) {
  const holder = document.createElement("div");
  const bare = html.replace(REFUSED, " "); // the page's policy complains of these even while parsing
  copyKept(new DOMParser().parseFromString(bare, "text/html").body, holder);
  return holder.innerHTML;
}
