// The drawing of the page: moved and zoomed by its viewBox, its values replaced as they change.

const percent = (share) => (share < 1e-4 ? "< 0.01 %" : `${Number((share * 100).toPrecision(share < 0.01 ? 2 : 3))} %`);

// The least size at which texts of the drawing can be read.
const readable = 0.6;

export class Stage {
  constructor(host, { open, follow }) {
    this.host = host;
    this.open = open;
    this.follow = follow;
    this.values = {};
    this.blocks = new Map();
    this.slots = new Map();
    this.selected = null;
    this.bindPointer();
    this.bindKeys();
    new ResizeObserver(() => this.resize()).observe(host);
  }

  // MARK: The picture

  show(message) {
    const parsed = new DOMParser().parseFromString(message.svg || "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml");
    const svg = document.importNode(parsed.documentElement, true);
    this.host.replaceChildren(svg);
    this.svg = svg;
    this.values = {};
    const [x, y, width, height] = (svg.getAttribute("viewBox") || "0 0 100 100").split(/[\s,]+/).map(Number);
    this.whole = { x, y, width: Math.max(1, width), height: Math.max(1, height) };
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    this.blocks = new Map();
    this.slots = new Map();
    for (const block of svg.querySelectorAll("g.block[data-block]")) this.blocks.set(block.dataset.block, block);
    for (const slot of svg.querySelectorAll("g.value[data-result]")) this.slots.set(slot.dataset.result, slot);
    for (const slot of this.slots.values()) slot.dataset.picture = "";
    // A page of the original brings its own paper, and trends at their places.
    this.host.style.background = svg.querySelector(".paper")?.style.fill ?? "";
    this.trends = message.trends.filter((trend) => !trend.isOwn).map((trend) => this.trendPlace(trend)).filter(Boolean);
    const same = this.shown === message.name && this.view;
    this.shown = message.name;
    if (same) this.apply();
    else this.fit(readable);
    this.select(this.selected, false);
    if (this.diagnostics) this.mark(this.diagnostics);
  }

  update(message) {
    for (const [name, value] of Object.entries(message.values)) {
      this.values[name] = value;
      const slot = this.slots.get(name);
      if (!slot || value.picture === null) continue;
      const parsed = new DOMParser().parseFromString(`<svg xmlns="http://www.w3.org/2000/svg">${value.picture}</svg>`, "image/svg+xml");
      slot.replaceChildren(...[...parsed.documentElement.childNodes].map((node) => document.importNode(node, true)));
    }
    for (const [name, state] of Object.entries(message.states)) {
      const block = this.blocks.get(name);
      if (!block) continue;
      block.classList.toggle("failed", state === "failed");
      block.classList.toggle("dead", state === "dead");
      block.classList.toggle("notrun", state === "not-run");
      const label = block.querySelector("text.state");
      if (label) label.textContent = state === "ran" ? "" : state === "not-run" ? "not run" : state;
    }
    for (const [name, share] of Object.entries(message.clips)) {
      const block = this.blocks.get(name);
      if (!block) continue;
      block.classList.toggle("clipped", share > 0);
      let label = block.querySelector("text.clip");
      const card = block.querySelector(".card");
      // A block that was not clipped when it was drawn has no line for it.
      if (!label && card && share > 0) {
        label = document.createElementNS("http://www.w3.org/2000/svg", "text");
        label.setAttribute("class", "clip");
        label.setAttribute("x", card.getAttribute("x"));
        label.setAttribute("y", Number(card.getAttribute("y")) + Number(card.getAttribute("height")) + 13);
        block.append(label);
      }
      if (label) label.textContent = share > 0 ? `${percent(share)} clipped` : "";
    }
  }

  // The frame of an original page's trend: the widget whose lines name its series.
  trendPlace({ series }) {
    const plain = (name) => name.trim().replace(".result_", ".");
    for (const form of this.svg.querySelectorAll(".forms > g")) {
      const lines = [...form.querySelectorAll("text")];
      if (lines.length < 2 || !series.every((name) => lines.some((line) => plain(line.textContent) === name || name.startsWith(plain(line.textContent) + ".")))) continue;
      const frame = form.querySelector("rect");
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(frame.getAttribute(name)));
      if (!(width > 20 && height > 40)) continue;
      lines.slice(1).forEach((line) => line.remove());
      const paths = series.map((_, index) => {
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("class", "live-trend");
        path.setAttribute("style", `stroke:var(--series-${(index % 8) + 1})`);
        form.append(path);
        return path;
      });
      return { series, paths, frame: { x: x + 8, y: y + 24, width: width - 16, height: height - 34 } };
    }
    return null;
  }

  // Draws what is known of each series into the frames of original trends.
  drawTrends(known) {
    for (const { series, paths, frame } of this.trends ?? []) {
      const lines = series.map((name) => known.get(name) ?? { cycles: [], values: [] });
      const finite = lines.flatMap((line) => line.values.filter(Number.isFinite));
      if (finite.length === 0) continue;
      let [low, high] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
      if (low === high) [low, high] = [low - 0.5, high + 0.5];
      const first = Math.min(...lines.map((line) => line.cycles[0] ?? Infinity));
      const last = Math.max(...lines.map((line) => line.cycles.at(-1) ?? 0), first + 1);
      lines.forEach((line, index) => {
        const stride = Math.max(1, Math.ceil(line.cycles.length / 400));
        let path = "";
        for (let at = (line.cycles.length - 1) % stride; at < line.cycles.length; at += stride) {
          if (!Number.isFinite(line.values[at])) continue;
          const x = frame.x + ((line.cycles[at] - first) / (last - first)) * frame.width;
          const y = frame.y + frame.height - ((line.values[at] - low) / (high - low)) * frame.height;
          path += `${path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
        }
        paths[index].setAttribute("d", path);
      });
    }
  }

  // Diagnostics stand at their blocks, also when the drawing is of an earlier version of the page.
  mark(message) {
    this.diagnostics = message;
    this.svg?.querySelectorAll(".live-mark").forEach((mark) => mark.remove());
    for (const block of this.blocks.values()) block.classList.remove("live-error", "live-warning");
    const worst = new Map();
    for (const one of message.list) {
      if (!one.block || one.severity === "note") continue;
      const known = worst.get(one.block);
      if (!known || (known.severity !== "error" && one.severity === "error")) worst.set(one.block, one);
    }
    for (const [name, one] of worst) {
      const block = this.blocks.get(name);
      // A drawing of this version has its own sign.
      if (!block || (!message.isStale && block.querySelector(".badge"))) continue;
      block.classList.add(one.severity === "error" ? "live-error" : "live-warning");
      const box = block.getBBox();
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "g");
      mark.setAttribute("class", `live-mark ${one.severity}`);
      mark.setAttribute("transform", `translate(${box.x + box.width} ${box.y})`);
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      circle.setAttribute("r", "9");
      const sign = document.createElementNS("http://www.w3.org/2000/svg", "text");
      sign.setAttribute("text-anchor", "middle");
      sign.setAttribute("y", "4.5");
      sign.textContent = "!";
      const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      title.textContent = `${one.id}: ${one.message}`;
      mark.append(title, circle, sign);
      block.append(mark);
    }
  }

  find(text) {
    if (!text) return null;
    if (this.blocks.has(text)) return text;
    const small = text.toLowerCase();
    return [...this.blocks.keys()].find((name) => name.toLowerCase().startsWith(small))
      ?? [...this.blocks.keys()].find((name) => name.toLowerCase().includes(small)) ?? null;
  }

  select(name, isJump) {
    this.selected = name;
    for (const block of this.host.querySelectorAll("g.block.selected")) block.classList.remove("selected");
    for (const wire of this.host.querySelectorAll("path.wire.near")) wire.classList.remove("near");
    const block = name ? this.blocks.get(name) : null;
    if (!block) return;
    block.classList.add("selected");
    for (const wire of this.host.querySelectorAll("path.wire")) {
      const ends = [wire.dataset.from ?? "", wire.dataset.to ?? ""];
      if (ends.some((end) => end === name || end.startsWith(name + "."))) wire.classList.add("near");
    }
    if (!isJump) return;
    const box = block.getBBox();
    const map = this.svg.getScreenCTM().inverse().multiply(block.getScreenCTM());
    const point = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2).matrixTransform(map);
    const width = Math.min(this.view.width, this.host.clientWidth / 1.1);
    const height = (this.view.height * width) / this.view.width;
    this.view = { x: point.x - width / 2, y: point.y - height / 2, width, height };
    this.apply();
  }

  // MARK: Where one looks

  // All of it, or with `least` no smaller than that: what begins at the left and the top is then seen first.
  fit(least = 0) {
    if (!this.whole) return;
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const margin = 16;
    // Above and below lie the search and the buttons.
    const bar = 52;
    // A small page is not blown up.
    const fitting = Math.min((width - 2 * margin) / this.whole.width, (height - 2 * bar) / this.whole.height, 1.3);
    const scale = Math.max(fitting, least);
    const view = { width: width / scale, height: height / scale };
    const begin = (start, whole, seen, room) => (whole + (2 * room) / scale <= seen ? start + (whole - seen) / 2 : start - room / scale);
    view.x = begin(this.whole.x, this.whole.width, view.width, margin);
    view.y = begin(this.whole.y, this.whole.height, view.height, bar);
    this.view = view;
    this.apply();
  }

  resize() {
    if (!this.view) return this.fit(readable);
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    if (!this.size) return this.fit(readable);
    const scale = this.view.width / this.size.width;
    const [x, y] = [this.view.x + this.view.width / 2, this.view.y + this.view.height / 2];
    this.view = { x: x - (width * scale) / 2, y: y - (height * scale) / 2, width: width * scale, height: height * scale };
    this.apply();
  }

  apply() {
    if (!this.svg || !this.view) return;
    this.size = { width: this.host.clientWidth, height: this.host.clientHeight };
    const { x, y, width, height } = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  zoom(factor, at) {
    if (!this.view) return;
    const { x, y, width, height } = this.view;
    const limit = Math.max(this.whole.width, this.whole.height) * 4 + 1000;
    const next = Math.min(Math.max(width / factor, 40), limit);
    const centre = at ?? { x: x + width / 2, y: y + height / 2 };
    const part = next / width;
    this.view = { x: centre.x - (centre.x - x) * part, y: centre.y - (centre.y - y) * part, width: next, height: height * part };
    this.apply();
  }

  point(event) {
    const box = this.host.getBoundingClientRect();
    return {
      x: this.view.x + ((event.clientX - box.left) / box.width) * this.view.width,
      y: this.view.y + ((event.clientY - box.top) / box.height) * this.view.height,
    };
  }

  bindPointer() {
    const pointers = new Map();
    let moved = 0;
    this.host.addEventListener("wheel", (event) => {
      if (!this.view) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.point(event));
    }, { passive: false });
    this.host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 1) moved = 0;
    });
    this.host.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last || !this.view) return;
      const next = { x: event.clientX, y: event.clientY };
      const scale = this.view.width / this.host.clientWidth;
      if (pointers.size === 2) {
        const other = [...pointers.entries()].find(([id]) => id !== event.pointerId)[1];
        const before = Math.hypot(last.x - other.x, last.y - other.y);
        const after = Math.hypot(next.x - other.x, next.y - other.y);
        if (before > 0 && after > 0) this.zoom(after / before, this.point({ clientX: (next.x + other.x) / 2, clientY: (next.y + other.y) / 2 }));
      }
      this.view.x -= ((next.x - last.x) * scale) / pointers.size;
      this.view.y -= ((next.y - last.y) * scale) / pointers.size;
      moved += Math.abs(next.x - last.x) + Math.abs(next.y - last.y);
      if (moved > 4 && !this.host.hasPointerCapture(event.pointerId)) this.host.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, next);
      this.apply();
    });
    for (const kind of ["pointerup", "pointercancel"]) this.host.addEventListener(kind, (event) => pointers.delete(event.pointerId));
    this.host.addEventListener("click", (event) => {
      if (moved > 4) return;
      this.choose(event.target);
    });
  }

  // A click or a key on something: a value is followed, a block opened.
  choose(target) {
    const block = target.closest?.("g.block[data-block]");
    if (!block) return;
    const value = target.closest("g.value[data-result]");
    this.open(block.dataset.block);
    const known = value ? this.values[value.dataset.result] : null;
    if (known && known.dtype !== "string" && known.shape.reduce((a, b) => a * b, 1) <= 16) this.follow(value.dataset.result);
  }

  bindKeys() {
    this.host.addEventListener("keydown", (event) => {
      const isBlock = event.target.closest("g.block");
      if (isBlock && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        event.stopPropagation();
        this.choose(event.target);
        return;
      }
      const step = this.view ? this.view.width / 10 : 0;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (moves[event.key]) {
        this.view.x += moves[event.key][0];
        this.view.y += moves[event.key][1];
        this.apply();
      } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
      else if (event.key === "-") this.zoom(0.8);
      else if (event.key === "0") this.fit();
      else return;
      event.preventDefault();
    });
    // What gets the focus by the keyboard must be in sight.
    this.host.addEventListener("focusin", (event) => {
      const block = event.target.closest("g.block");
      if (!block || !block.matches(":focus-visible")) return;
      const box = block.getBoundingClientRect();
      const host = this.host.getBoundingClientRect();
      if (box.left >= host.left && box.right <= host.right && box.top >= host.top && box.bottom <= host.bottom) return;
      const scale = this.view.width / host.width;
      this.view.x += (box.left + box.width / 2 - host.left - host.width / 2) * scale;
      this.view.y += (box.top + box.height / 2 - host.top - host.height / 2) * scale;
      this.apply();
    });
  }
}
