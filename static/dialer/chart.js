// Charts: <figure data-chart id="…"> holds a table, and this draws what stands in it with uPlot. The table stays for
// whoever wants the numbers. A figure that a live refresh brings anew takes over the drawing of its forerunner, so
// nothing flickers and the cursor stays where it is.
"use strict";

(() => {

const HEIGHT = 220;
const MOST_BAR_PIXELS = 46;
const ROOM_BESIDE_TICK = 18; // pixels
const FONT = `12px ${getComputedStyle(document.body).fontFamily}`;
const ruler = document.createElement("canvas").getContext("2d"); // the plot's own changes its font
ruler.font = FONT;
const language = document.documentElement.lang;
const count = new Intl.NumberFormat(language).format;
const percent = new Intl.NumberFormat(language, { style: "percent" }).format;
const drawn = new Map(); // id of the figure -> { plot, shape, table }

function drawAll() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
  for (const [id, { plot }] of drawn) {
    if (plot.root.isConnected) continue;
    plot.destroy();
    drawn.delete(id);
  }
}

function draw(figure) {
  const stage = figure.querySelector(".chart-stage");
  const table = read(figure);
  const shape = JSON.stringify(table.series.map(({ label, tone }) => [label, tone]));
  const known = drawn.get(figure.id);
  if (known?.shape === shape) {
    known.table = table;
    if (known.plot.root.parentElement !== stage) stage.append(known.plot.root);
    fit(figure.id);
    known.plot.setData(table.data);
    return;
  }
  known?.plot.destroy();
  const made = { shape, table };
  drawn.set(figure.id, made);
  made.plot = new uPlot(options(figure, made, stage.clientWidth || figure.clientWidth), table.data, stage);
  arrangeLegend(made);
  fit(figure.id);
  widths.observe(figure);
}

// --- The table ----------------------------------------------------------------------------------------------------

function read(figure) {
  const heads = [...figure.querySelectorAll("thead th")].slice(1);
  const rows = [...figure.querySelectorAll("tbody tr")];
  const isStacked = "stacked" in figure.dataset;
  const series = heads.map((head, column) => ({
    label: head.textContent.trim(),
    tone: head.dataset.tone,
    isShare: "share" in head.dataset,
    shown: rows.map((row) => row.cells[column + 1].textContent.trim()),
    numbers: rows.map((row) => {
      const text = row.cells[column + 1].dataset.value;
      return text === "" ? null : Number(text);
    }),
  }));
  if (isStacked) {
    const heights = piled(series.map((one) => one.numbers));
    series.forEach((one, column) => { one.numbers = heights[column]; });
    series.reverse(); // the highest is drawn first, and the lower ones before it
  }
  return {
    series,
    ticks: rows.map((row) => row.cells[0].dataset.tick),
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    isStacked,
    data: [rows.map((_, index) => index), ...series.map((one) => one.numbers)],
  };
}

// Each number on top of those before it.
function piled(numbers) {
  const sums = [];
  return numbers.map((column) => column.map((value, index) => (sums[index] = (sums[index] ?? 0) + (value ?? 0))));
}

// --- The drawing --------------------------------------------------------------------------------------------------

// A canvas knows no variables of CSS, so an element of this tone is asked for its colour, each time it is drawn.
function colour(figure, tone) {
  const probe = document.createElement("span");
  probe.className = `swatch tone-${tone}`;
  probe.hidden = true;
  figure.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function options(figure, made, width) {
  const of = (tone) => () => colour(document.getElementById(figure.id) ?? figure, tone);
  const { series, isStacked } = made.table;
  const hasShare = series.some((one) => one.isShare);
  const bars = uPlot.paths.bars({ size: [0.72, MOST_BAR_PIXELS], radius: isStacked ? 0 : 0.12 });
  const axis = { stroke: of("axis"), font: FONT, ticks: { show: false }, grid: { stroke: of("grid"), width: 1 } };
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, y: false, points: { show: (u, index) => series[index - 1]?.isShare ?? false } },
    legend: { live: true, markers: { show: false } },
    padding: [8, hasShare ? 0 : 12, 0, 0],
    scales: {
      x: { time: false, range: (u, least, most) => [-0.6, Math.max(most ?? 0, 0) + 0.6] },
      y: { range: (u, least, most) => [0, Math.max(1, (most ?? 0) * 1.06)] },
      share: { range: [0, 100] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 28, splits: (u) => splits(u, made.table.ticks), values: (u, found) => found.map((index) => made.table.ticks[index] ?? "") },
      { ...axis, size: (u, values) => Math.max(36, ...(values ?? []).map((text) => text.length * 8 + 12)), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6], values: (u, found) => found.map((value) => count(value)) },
      ...(hasShare ? [{ ...axis, scale: "share", side: 1, size: 48, grid: { show: false }, values: (u, found) => found.map((value) => percent(value / 100)) }] : []),
    ],
    series: [
      { label: figure.querySelector("thead th").textContent, value: (u, _, __, index) => made.table.labels[index ?? -1] ?? "" },
      ...series.map((one, column) => ({
        label: one.label,
        scale: one.isShare ? "share" : "y",
        stroke: of(one.tone),
        fill: one.isShare ? undefined : of(one.tone),
        width: one.isShare ? 2 : 0,
        paths: one.isShare ? undefined : bars,
        points: { show: one.isShare, size: 6, fill: of(one.tone) },
        spanGaps: true,
        value: (u, _, __, index) => made.table.series[column].shown[index ?? -1] ?? "",
      })),
    ],
    drawOrder: ["axes", "series"],
  };
}

// In the order of the table, with swatches whose colours follow the theme.
function arrangeLegend({ plot, table }) {
  const rows = [...plot.root.querySelectorAll(".u-legend .u-series")].slice(1);
  table.series.forEach((one, column) => {
    const swatch = document.createElement("span");
    swatch.className = `swatch tone-${one.tone}`;
    const head = rows[column].querySelector("th");
    for (const label of head.children) label.removeAttribute("style"); // uPlot would write the word in the colour
    head.prepend(swatch);
  });
  if (table.isStacked) for (const row of rows.reverse()) row.parentElement.append(row);
}

// As many ticks as there is room for in this language, always the same distance apart.
function splits(u, ticks) {
  const widest = Math.max(...ticks.map((tick) => ruler.measureText(tick).width));
  const room = Math.max(1, Math.floor(u.bbox.width / devicePixelRatio / (widest + ROOM_BESIDE_TICK)));
  const every = Math.max(1, Math.ceil(ticks.length / room));
  return Array.from({ length: Math.ceil(ticks.length / every) }, (_, index) => index * every);
}

// --- Width and colours --------------------------------------------------------------------------------------------

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(target.id);
});

function fit(id) {
  const plot = drawn.get(id)?.plot;
  const width = plot?.root.parentElement?.clientWidth;
  if (width && width !== plot.width) plot.setSize({ width, height: HEIGHT });
}

function recolour() {
  for (const { plot } of drawn.values()) plot.redraw(true);
}

new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
document.addEventListener("live:refreshed", drawAll);
drawAll();

})();
