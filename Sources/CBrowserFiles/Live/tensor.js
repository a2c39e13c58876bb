// Values as tables, pictures and histograms; and small helpers that every part uses.

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// 12 345 678
export function number(value) {
  return value.toLocaleString("en").replaceAll(",", "\u202f");
}

// Four significant digits: 0.01234, 1.234 M.
export function brief(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3) return value.toExponential(2).replace("-", "−").replace("e−", "e−");
  for (const [limit, unit] of [[1e9, " G"], [1e6, " M"], [1e4, " k"]]) if (size >= limit) return trim(value / (unit === " k" ? 1e3 : limit)) + unit;
  return trim(value);
}

function trim(value) {
  const text = Number(value.toPrecision(4)).toString();
  return text.replace("-", "−");
}

const count = (shape) => shape.reduce((product, dim) => product * dim, 1);

// How a tensor can be looked at, the best way first.
export function waysOf(result) {
  const { shape, dtype } = result;
  if (dtype === "string" || count(shape) === 0) return ["table"];
  const ways = [];
  const image = imageOf(result);
  if (image && (image.count > 1 || image.rows * image.columns >= 256)) ways.push("image", "table");
  else if (count(shape) > 64) ways.push("table", ...(image ? ["image"] : []));
  else ways.push("table");
  if (result.statistics && count(shape) > 4) ways.push("histogram");
  return ways;
}

// The pictures in a tensor: rows of a batch that are squares, or its last two dimensions.
function imageOf({ shape }) {
  const dims = shape.at(-1) === 1 && shape.length > 2 ? shape.slice(0, -1) : shape;
  if (dims.length === 0) return null;
  const side = Math.round(Math.sqrt(dims.at(-1)));
  if (dims.length <= 2 && side >= 8 && side * side === dims.at(-1)) return { rows: side, columns: side, count: dims.length === 2 ? dims[0] : 1 };
  if (dims.length < 2) return null;
  const [rows, columns] = dims.slice(-2);
  if (rows < 2 || columns < 2 || rows * columns < 32) return null;
  return { rows, columns, count: count(dims.slice(0, -2)) };
}

// MARK: Table

const maximalRows = 24;
const maximalColumns = 12;

export function showTable(host, result, onCell) {
  const { shape } = result;
  if (count(shape) === 0) return host.replaceChildren(element("p", { className: "muted" }, "empty"));
  if (shape.length === 0) {
    if (host.firstChild?.className !== "scalar") host.replaceChildren(element("output", { className: "scalar" }));
    host.firstChild.textContent = text(result.values[0], false);
    return;
  }
  const columns = shape.length === 1 && shape[0] <= maximalColumns ? shape[0] : shape.length === 1 ? 1 : shape.at(-1);
  const rows = count(shape) / columns;
  const shown = { rows: Math.min(rows, maximalRows), columns: Math.min(columns, maximalColumns) };
  const key = `${shape}:${result.dtype}`;
  if (host.dataset.key !== key) {
    host.dataset.key = key;
    const body = element("tbody");
    const head = element("tr", {}, element("th"));
    for (let column = 0; column < shown.columns; column += 1) head.append(element("th", { scope: "col" }, String(column)));
    for (let row = 0; row < shown.rows; row += 1) {
      const line = element("tr", {}, element("th", { scope: "row" }, rowName(shape, columns, row)));
      for (let column = 0; column < shown.columns; column += 1) {
        const cell = element("td");
        cell.dataset.element = String(row * columns + column);
        line.append(cell);
      }
      body.append(line);
    }
    const table = element("table", {}, element("thead", {}, head), body);
    if (onCell) table.addEventListener("click", (event) => {
      const cell = event.target.closest("td");
      if (cell) onCell(indices(shape, Number(cell.dataset.element)));
    });
    host.replaceChildren(element("div", { className: "scroll", tabIndex: 0 }, table));
    if (shown.rows < rows || shown.columns < columns) {
      const what = [shown.rows < rows ? `${shown.rows} of ${number(rows)} rows` : "", shown.columns < columns ? `${shown.columns} of ${number(columns)} columns` : ""];
      host.append(element("p", { className: "muted" }, what.filter(Boolean).join(", ")));
    }
  }
  for (const cell of host.querySelectorAll("td")) {
    const value = text(result.values[Number(cell.dataset.element)], shown.columns > 1);
    if (cell.textContent !== value) cell.textContent = value;
  }
}

function text(value, isShort) {
  if (value === undefined) return "…";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return value;
  const exact = Object.is(value, -0) ? "−0" : String(value);
  return isShort && exact.length > 9 ? brief(value) : exact.replace("-", "−");
}

export function indices(shape, element) {
  const found = [];
  for (const dim of [...shape].reverse()) {
    found.unshift(element % dim);
    element = Math.floor(element / dim);
  }
  return found;
}

function rowName(shape, columns, row) {
  return shape.length === 1 ? (columns === 1 ? String(row) : "") : indices(shape.slice(0, -1), row).join(",");
}

// MARK: Pictures

const maximalImages = 20;

export function showImage(host, result) {
  const image = imageOf(result);
  if (!image) return;
  const size = image.rows * image.columns;
  const shown = Math.max(1, Math.min(image.count, maximalImages, Math.floor(result.values.length / size)));
  const across = Math.min(shown, image.columns > 60 ? 1 : image.columns > 40 ? 3 : 5);
  const gap = shown > 1 ? 2 : 0;
  const down = Math.ceil(shown / across);
  let canvas = host.querySelector("canvas");
  if (!canvas) {
    canvas = element("canvas", { className: "image" });
    canvas.setAttribute("role", "img");
    host.replaceChildren(canvas, element("p", { className: "muted" }));
  }
  const width = across * (image.columns + gap) - gap;
  const height = down * (image.rows + gap) - gap;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.style.width = `min(100%, ${Math.max(1, Math.round(Math.min(300 / width, 240 / height))) * width}px)`;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const { min, max } = result.statistics ?? { min: 0, max: 1 };
  for (let one = 0; one < shown; one += 1) {
    const [left, top] = [(one % across) * (image.columns + gap), Math.floor(one / across) * (image.rows + gap)];
    for (let cell = 0; cell < size; cell += 1) {
      const color = heat(Number(result.values[one * size + cell]), min, max);
      const at = 4 * ((top + Math.floor(cell / image.columns)) * width + left + (cell % image.columns));
      [picture.data[at], picture.data[at + 1], picture.data[at + 2], picture.data[at + 3]] = [...color, 255];
    }
  }
  context.putImageData(picture, 0, 0);
  canvas.setAttribute("aria-label", `${result.name} as ${shown > 1 ? `${shown} pictures` : "a picture"}`);
  const caption = `${shown < image.count ? `first ${shown} of ${number(image.count)}, ` : ""}${image.rows} × ${image.columns}, ${brief(min)} … ${brief(max)}`;
  host.querySelector("p").textContent = caption;
}

// Blue below zero and red above it; where all have one sign, from dark to light.
function heat(value, least, most) {
  if (!Number.isFinite(value)) return [200, 40, 220];
  if (least < 0 && most > 0) {
    const reach = Math.max(-least, most);
    return blend([[33, 84, 160], [120, 170, 215], [246, 246, 244], [235, 150, 110], [170, 36, 40]], (value / reach + 1) / 2);
  }
  return blend([[16, 24, 58], [30, 66, 112], [62, 132, 160], [150, 196, 205], [247, 249, 250]], most > least ? (value - least) / (most - least) : 0.5);
}

function blend(stops, place) {
  const at = Math.min(Math.max(place, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(at), stops.length - 2);
  return stops[index].map((low, channel) => Math.round(low + (stops[index + 1][channel] - low) * (at - index)));
}

// MARK: Histogram

export function showHistogram(host, { min, max, mean, counts, notFinite }) {
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, index) =>
    svgElement("rect", { x: (index * 300) / counts.length, y: 70 - (count / most) * 68, width: 300 / counts.length - 1, height: (count / most) * 68 }));
  const svg = svgElement("svg", { viewBox: "0 0 300 70", class: "histogram", preserveAspectRatio: "none", role: "img" }, ...bars);
  svg.setAttribute("aria-label", `Histogram from ${brief(min)} to ${brief(max)}`);
  host.replaceChildren(
    svg, element("p", { className: "ends" }, element("span", {}, brief(min)), element("span", {}, `mean ${brief(mean)}`), element("span", {}, brief(max))));
  if (notFinite > 0) host.append(element("p", { className: "muted" }, `${number(notFinite)} are NaN or infinite`));
}

// The inputs of a FakeQuant block under its range: what is clipped in red, its levels as ticks.
export function showQuantisation(host, report) {
  host.replaceChildren(...report.channels.slice(0, 4).map((channel) => quantisedChannel(report, channel)));
  if (report.channels.length > 1) host.append(channelTable(report));
}

function quantisedChannel(report, channel) {
  const { low, high, counts } = channel.histogram;
  const [rangeLow, rangeHigh] = [Number(channel.low), Number(channel.high)];
  const spread = high - low || 1;
  const [from, to] = [low - spread * 0.03, high + spread * 0.03];
  const x = (value) => ((value - from) / (to - from)) * 320;
  const most = Math.max(1, ...counts);
  const svg = svgElement("svg", { viewBox: "0 0 320 112", class: "quantisation", role: "img" });
  svg.setAttribute("aria-label", `Inputs from ${brief(low)} to ${brief(high)}, range ${brief(rangeLow)} to ${brief(rangeHigh)}`);
  if (Number.isFinite(rangeLow) && Number.isFinite(rangeHigh)) {
    svg.append(svgElement("rect", { class: "range", x: x(rangeLow), y: 0, width: Math.max(1, x(rangeHigh) - x(rangeLow)), height: 84 }));
  }
  counts.forEach((count, index) => {
    const [left, right] = [low + (spread * index) / counts.length, low + (spread * (index + 1)) / counts.length];
    const middle = (left + right) / 2;
    const isClipped = middle < rangeLow || middle > rangeHigh;
    const height = count > 0 ? Math.max(1.5, (count / most) * 78) : 0;
    svg.append(svgElement("rect", { class: isClipped ? "bar clipped" : "bar", x: x(left) + 0.5, y: 84 - height, width: Math.max(1, x(right) - x(left) - 1), height }));
  });
  const scale = Number(channel.scale);
  if (report.levelCount <= 256 && scale > 0) {
    let path = "";
    for (let level = 0; level < report.levelCount; level += 1) path += `M${x(rangeLow + level * scale).toFixed(2)} 86v${report.levelCount <= 32 ? 8 : 5}`;
    svg.append(svgElement("path", { class: "levels", d: path }));
  }
  for (const value of [rangeLow, rangeHigh]) if (Number.isFinite(value)) svg.append(svgElement("path", { class: "edge", d: `M${x(value)} 0V94` }));
  const label = (value, anchor) => svgElement("text", { x: Math.min(Math.max(x(value), 2), 318), y: 108, "text-anchor": anchor }, brief(value));
  if (Number.isFinite(rangeLow)) {
    const isTight = x(rangeHigh) - x(rangeLow) < 60;
    svg.append(label(rangeLow, x(rangeLow) < 24 ? "start" : isTight ? "end" : "middle"));
    svg.append(label(rangeHigh, x(rangeHigh) > 296 ? "end" : isTight ? "start" : "middle"));
  }
  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;
  const facts = [
    ["asked for", `[${brief(Number(channel.requestedMin))}, ${brief(Number(channel.requestedMax))}]`],
    ["range", `[${brief(rangeLow)}, ${brief(rangeHigh)}]`],
    ["step", brief(scale)],
    ["zero point", channel.zeroPoint ?? "none"],
    ["levels used", `${channel.usedLevels} of ${report.levelCount}`],
    ["clipped", `${percent(channel.clippedLow)} low, ${percent(channel.clippedHigh)} high`],
    ["largest error", brief(channel.largestError)],
    ["mean error", channel.rootMeanSquareError === null ? "–" : `${brief(channel.rootMeanSquareError)} rms`],
  ];
  const list = element("dl", { className: "facts" }, ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
  const title = report.isPerChannel ? element("h4", {}, `Channel ${channel.index}`) : null;
  return element("div", { className: "channel" }, ...[title, svg, element("p", { className: "reason" }, channel.reason), list].filter(Boolean));
}

function channelTable(report) {
  const head = ["channel", "range", "clipped", "rms error"];
  const rows = report.channels.map((channel) =>
    element("tr", {}, ...[channel.index, `[${brief(Number(channel.low))}, ${brief(Number(channel.high))}]`,
      `${(100 * (channel.clippedLow + channel.clippedHigh)).toFixed(1)} %`, channel.rootMeanSquareError === null ? "–" : brief(channel.rootMeanSquareError)]
      .map((value) => element("td", {}, String(value)))));
  return element("div", { className: "scroll", tabIndex: 0 },
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))), element("tbody", {}, ...rows)));
}
