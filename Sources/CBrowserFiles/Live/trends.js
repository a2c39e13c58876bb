// Numbers over cycles: one card for each trend, drawn on a canvas.
import { brief, element, number } from "./tensor.js";

const colors = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--series-7", "--series-8"];

export class Trends {
  constructor(host, send, onDraw) {
    this.host = host;
    this.send = send;
    this.onDraw = onDraw;
    this.series = new Map();
    this.cards = [];
    this.isWaiting = false;
    this.look();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.look();
      this.request();
    });
    new ResizeObserver(() => this.request()).observe(host);
  }

  // The colours of the sheet, for the canvas.
  look() {
    const style = getComputedStyle(document.documentElement);
    this.palette = colors.map((name) => style.getPropertyValue(name).trim());
    this.ink = style.getPropertyValue("--muted").trim();
    this.grid = style.getPropertyValue("--line").trim();
    this.font = "11px " + style.getPropertyValue("--sans");
  }

  points() {
    return [...this.series].map(([name, one]) => ({ name, cycles: [...one.cycles], values: [...one.values] }));
  }

  list(trends) {
    const key = JSON.stringify(trends);
    if (key === this.key) return;
    this.key = key;
    const isLog = new Map(this.cards.map((card) => [card.title, card.isLog]));
    this.cards = trends.filter((trend) => trend.series.length > 0).map((trend) => this.card(trend, isLog.get(trend.title ?? "Trend") ?? false));
    this.host.replaceChildren(...this.cards.map((card) => card.root));
    this.host.hidden = this.cards.length === 0;
    this.request();
  }

  card(trend, isLog) {
    const title = trend.title ?? (trend.series.length === 1 ? trend.series[0] : "Trend");
    const canvas = element("canvas", { role: "img" });
    const card = { title, names: trend.series, canvas, isLog, pointer: null, values: new Map() };
    const log = element("button", { type: "button", className: "quiet", title: "Logarithmic scale" }, "log");
    log.setAttribute("aria-pressed", String(isLog));
    log.addEventListener("click", () => {
      card.isLog = !card.isLog;
      log.setAttribute("aria-pressed", String(card.isLog));
      this.request();
    });
    const head = element("h2", {}, element("span", {}, title), log);
    if (trend.isOwn) {
      const close = element("button", { type: "button", className: "quiet", title: "Do not follow any more" }, "×");
      close.setAttribute("aria-label", `Do not follow ${title} any more`);
      close.addEventListener("click", () => trend.series.forEach((name) => this.send(`unwatch ${name}`)));
      head.append(close);
    }
    const legend = element("ul", { className: "legend" });
    trend.series.forEach((name, index) => {
      const value = element("b", {});
      card.values.set(name, value);
      const swatch = element("i", {});
      swatch.style.background = `var(${colors[index % colors.length]})`;
      const short = trend.series.length > 1 && name.startsWith(title) ? name.slice(title.length) : name;
      legend.append(element("li", { title: name }, swatch, element("span", {}, short), value));
    });
    canvas.addEventListener("pointermove", (event) => {
      card.pointer = event.offsetX;
      this.request();
    });
    canvas.addEventListener("pointerleave", () => {
      card.pointer = null;
      this.request();
    });
    card.root = element("article", { className: "trend" }, head, canvas, legend);
    return card;
  }

  add(list) {
    for (const one of list) {
      let known = this.series.get(one.name);
      if (!known || one.isWhole) this.series.set(one.name, (known = { cycles: [], values: [] }));
      const last = known.cycles.at(-1) ?? -1;
      for (let index = 0; index < one.cycles.length; index += 1) {
        if (one.cycles[index] <= last) continue;
        known.cycles.push(one.cycles[index]);
        known.values.push(Number(one.values[index]));
      }
    }
    this.request();
  }

  request() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      for (const card of this.cards) this.draw(card);
      this.onDraw(this.series);
    });
  }

  draw(card) {
    const { canvas } = card;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const lines = card.names.map((name) => this.series.get(name) ?? { cycles: [], values: [] });
    const scale = (value) => (card.isLog ? Math.log10(value) : value);
    let [low, high, first, last] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const line of lines) {
      if (line.cycles.length === 0) continue;
      first = Math.min(first, line.cycles[0]);
      last = Math.max(last, line.cycles.at(-1));
      for (const value of line.values) {
        const place = scale(value);
        if (!Number.isFinite(place)) continue;
        if (place < low) low = place;
        if (place > high) high = place;
      }
    }
    card.canvas.setAttribute("aria-label", `${card.title}: ${lines.map((line) => brief(line.values.at(-1) ?? NaN)).join(", ")}`);
    if (first > last || low > high) return this.legend(card, lines, null);
    const ticks = card.isLog ? logTicks(low, high) : niceTicks(low, high);
    if (ticks.length > 1) [low, high] = [Math.min(low, ticks[0]), Math.max(high, ticks.at(-1))];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    context.font = this.font;
    const labels = ticks.map((tick) => brief(card.isLog ? 10 ** tick : tick));
    const left = Math.max(28, ...labels.map((label) => context.measureText(label).width + 8));
    const frame = { left, right: width - 8, top: 8, bottom: height - 20 };
    const x = (cycle) => frame.left + (last > first ? (cycle - first) / (last - first) : 1) * (frame.right - frame.left);
    const y = (place) => frame.bottom - ((place - low) / (high - low)) * (frame.bottom - frame.top);
    context.lineWidth = 1;
    context.strokeStyle = this.grid;
    context.fillStyle = this.ink;
    context.textAlign = "right";
    context.textBaseline = "middle";
    ticks.forEach((tick, index) => {
      const at = Math.round(y(tick)) + 0.5;
      context.beginPath();
      context.moveTo(frame.left, at);
      context.lineTo(frame.right, at);
      context.stroke();
      context.fillText(labels[index], frame.left - 6, at);
    });
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(String(first), frame.left, height - 5);
    if (last > first) {
      context.textAlign = "right";
      context.fillText(number(last), frame.right, height - 5);
    }
    lines.forEach((line, index) => {
      context.strokeStyle = context.fillStyle = this.palette[index % this.palette.length];
      context.lineWidth = 1.75;
      context.lineJoin = "round";
      context.setLineDash(index >= this.palette.length ? [4, 3] : []);
      context.beginPath();
      let isDown = false;
      line.cycles.forEach((cycle, at) => {
        const place = scale(line.values[at]);
        if (!Number.isFinite(place)) isDown = false;
        else if (isDown) context.lineTo(x(cycle), y(place));
        else {
          context.moveTo(x(cycle), y(place));
          isDown = true;
        }
      });
      context.stroke();
      context.setLineDash([]);
      const end = scale(line.values.at(-1) ?? NaN);
      if (Number.isFinite(end)) {
        context.beginPath();
        context.arc(x(line.cycles.at(-1)), y(end), 2.5, 0, 2 * Math.PI);
        context.fill();
      }
    });
    let cycle = null;
    if (card.pointer !== null && last > first) {
      cycle = first + ((card.pointer - frame.left) / (frame.right - frame.left)) * (last - first);
      cycle = Math.min(Math.max(cycle, first), last);
      context.strokeStyle = this.ink;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(Math.round(x(cycle)) + 0.5, frame.top);
      context.lineTo(Math.round(x(cycle)) + 0.5, frame.bottom);
      context.stroke();
    }
    this.legend(card, lines, cycle);
  }

  // The values at a cycle, or the last ones.
  legend(card, lines, cycle) {
    card.names.forEach((name, index) => {
      const line = lines[index];
      let at = line.cycles.length - 1;
      if (cycle !== null) {
        let [low, high] = [0, at];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (line.cycles[middle] < cycle) low = middle + 1;
          else high = middle;
        }
        at = low;
      }
      const text = at >= 0 ? brief(line.values[at]) : "–";
      const target = card.values.get(name);
      if (target.textContent !== text) target.textContent = text;
    });
  }
}

function niceTicks(low, high) {
  if (!(high > low)) return [low];
  const step0 = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(step0));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= step0) ?? power * 10;
  const ticks = [];
  for (let index = Math.floor(low / step); index <= Math.ceil(high / step) && ticks.length < 8; index += 1) ticks.push(index * step);
  return ticks;
}

function logTicks(low, high) {
  const step = Math.max(1, Math.ceil((high - low) / 4));
  const ticks = [];
  for (let tick = Math.floor(low); tick <= Math.ceil(high) && ticks.length < 8; tick += step) ticks.push(tick);
  return ticks;
}
