// Addresses: province, city, district, street and postcode instead of one line, which they fill in.
import { fresh } from "./elements.js";

const TAILS = [/(壮族|回族|维吾尔)?自治区$|特别行政区$|[省市]$/, /(市|地区|盟)$/, /$^/];
const LEVELS = ["province", "city", "district"];
const UNNAMED = /^(县|省直辖县|自治区直辖县级行政区划)$/;

// what lies below each code, as [code, name]
function belowOf(areas) {
  const below = { "": Object.entries(areas.province_list) };
  const put = (above, pair) => (below[above] ??= []).push(pair);
  for (const pair of Object.entries(areas.city_list)) put(`${pair[0].slice(0, 2)}0000`, pair);
  for (const pair of Object.entries(areas.county_list)) put(`${pair[0].slice(0, 4)}00`, pair);
  return below;
}

// the codes a pasted address begins with, and the rest of it
function split(below, text) {
  const codes = [];
  let rest = text.trim();
  for (const tail of TAILS) {
    const names = (below[codes.at(-1) ?? ""] ?? []).flatMap(([code, name]) => [[code, name], [code, name.replace(tail, "")]]);
    const fits = names.filter(([, name]) => name.length > 1 && rest.startsWith(name)).sort((a, b) => b[1].length - a[1].length)[0];
    if (!fits) break;
    codes.push(fits[0]);
    rest = rest.slice(fits[1].length).replace(/^[\s,，、]+/, "");
  }
  return { codes, rest };
}

function partsOf(code) {
  if (!code) return [];
  const ways = [`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`, code];
  return [...new Set(ways)];
}

function fill(holder) {
  const chosen = holder.selects.map((select) => select.selectedOptions[0]).filter((option) => option?.value);
  const names = chosen.map((option) => option.text).filter((name, n, all) => !UNNAMED.test(name) && all.indexOf(name) === n);
  const line = [names.join("") + holder.street.value.trim(), holder.postcode.value.trim()].filter(Boolean).join(" ");
  if (line === holder.line.value) return;
  holder.line.value = line;
  holder.line.dispatchEvent(new Event("change", { bubbles: true }));
}

function choose(holder, codes) {
  holder.selects.forEach((select, level) => {
    const offered = level && !codes[level - 1] ? [] : (holder.below[codes[level - 1] ?? ""] ?? []);
    select.replaceChildren(new Option(holder.dataset[LEVELS[level]], ""));
    for (const [code, name] of offered) select.append(new Option(name, code, false, code === codes[level]));
    select.disabled = !offered.length;
  });
}

function make(holder, tag, name, css) {
  const made = document.createElement(tag);
  made.className = `${tag === "select" ? "form-select" : "form-control"} ${css}`;
  made.setAttribute("aria-label", `${holder.dataset.field} · ${holder.dataset[name]}`);
  if (tag === "input") made.placeholder = holder.dataset[name];
  return made;
}

async function enhance(holder) {
  const { areaList } = await import(holder.dataset.areas);
  holder.below = belowOf(areaList);
  holder.line = holder.querySelector("input");
  holder.selects = LEVELS.map((level) => make(holder, "select", level, "address-level"));
  holder.street = make(holder, "input", "street", "address-street");
  holder.postcode = make(holder, "input", "postcode", "address-postcode");
  Object.assign(holder.postcode, { inputMode: "numeric", maxLength: 6, pattern: "\\d{6}" });
  const { code, street, postcode } = JSON.parse(holder.dataset.parts);
  choose(holder, partsOf(code));
  holder.street.value = street ?? "";
  holder.postcode.value = postcode ?? "";
  holder.selects.forEach((select, level) =>
    select.addEventListener("change", () => {
      choose(holder, [...holder.selects.slice(0, level), select].map((each) => each.value));
      fill(holder);
      (holder.selects.slice(level + 1).find((each) => !each.disabled) ?? holder.street).focus();
    }),
  );
  holder.street.addEventListener("change", () => {
    const found = split(holder.below, holder.street.value);
    if (!holder.selects[0].value && found.codes.length) {
      choose(holder, found.codes);
      const code = /\s(\d{6})$/.exec(found.rest);
      if (code) holder.postcode.value = code[1];
      holder.street.value = code ? found.rest.slice(0, code.index) : found.rest;
    }
    fill(holder);
  });
  holder.postcode.addEventListener("change", () => fill(holder));
  const [first] = holder.selects;
  for (const name of ["id", "aria-describedby", "aria-invalid"]) {
    const value = holder.line.getAttribute(name);
    if (value) (name === "id" ? first : holder.street).setAttribute(name, value);
  }
  holder.street.required = holder.line.required;
  holder.line.removeAttribute("id");
  holder.line.type = "hidden";
  holder.append(...holder.selects, holder.street, holder.postcode);
}

export function attach(root) {
  for (const holder of fresh(root, "[data-address]", "address")) enhance(holder).catch(() => {}); // one line works, too
}
