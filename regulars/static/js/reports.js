// Draws every [data-chart] from the option the server made. Colours named var(--rg-…) are looked
// up in the page, so the picture follows light and dark; a click leads to the records behind it.
import { register } from "./app.js";
import { fresh } from "./elements.js";
import { colorsIn } from "./reports_colors.js";

const ROW = 30;
const FRAME = 70;

function axisFormats(option, locale) {
  const number = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  for (const axis of [option.xAxis, option.yAxis].flat()) {
    if (axis?.type !== "value") continue;
    const shown = axis.format === "percent" ? percent : number;
    axis.axisLabel = { ...axis.axisLabel, formatter: (value) => shown.format(value) };
  }
}

// One line per series; the dashed half of a line repeats a point of its solid half.
function tooltip(points) {
  const lines = new Map();
  for (const point of [points].flat()) {
    if (point.data?.text) lines.set(point.seriesName, `${point.marker ?? ""}${point.seriesName}  ${point.data.text}`);
  }
  const title = [points].flat()[0]?.name ?? "";
  return [title, ...lines.values()].filter(Boolean).join("\n");
}

function options(element) {
  const option = colorsIn(JSON.parse(element.dataset.option), element);
  axisFormats(option, element.dataset.locale);
  option.tooltip = { ...option.tooltip, formatter: tooltip };
  option.textStyle = { ...option.textStyle, fontFamily: getComputedStyle(element).fontFamily };
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) option.animation = false;
  return option;
}

function begin(element) {
  if (element.dataset.rows) element.style.height = `${Number(element.dataset.rows) * ROW + FRAME}px`;
  const chart = window.echarts.init(element, null, { renderer: "canvas" });
  chart.on("click", (point) => {
    if (point.data?.url) window.location.assign(point.data.url);
  });
  chart.on("mouseover", (point) => chart.getZr().setCursorStyle(point.data?.url ? "pointer" : "default"));
  return chart;
}

function draw(element) {
  let chart = begin(element);
  const redraw = () => chart.setOption(options(element), { notMerge: true });
  redraw();
  new ResizeObserver(() => chart.resize()).observe(element);
  // A new answer from the server empties the element: what it held was never in the page's text.
  new MutationObserver((changes) => {
    const emptied = !element.hasChildNodes();
    if (emptied) {
      chart.dispose();
      chart = begin(element);
    }
    if (emptied || changes.some((change) => change.type === "attributes")) redraw();
  }).observe(element, { attributes: true, attributeFilter: ["data-option"], childList: true });
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// A new answer closes every <details>; those that a person opened stay open.
const opened = new Set();

function keepOpen(details) {
  details.open = details.open || opened.has(details.id);
  details.querySelector("summary").addEventListener("click", () => {
    if (details.open) opened.delete(details.id);
    else opened.add(details.id);
  });
  new MutationObserver(() => {
    if (!details.open && opened.has(details.id)) details.open = true;
  }).observe(details, { attributeFilter: ["open"] });
}

function attach(root) {
  for (const details of fresh(root, "[data-keep-open]", "keepOpen")) keepOpen(details);
  if (!window.echarts) return;
  for (const element of fresh(root, "[data-chart]", "chart")) draw(element);
}

register(attach);
