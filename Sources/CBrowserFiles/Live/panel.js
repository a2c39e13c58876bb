// What stands beside the drawing: diagnostics, changes of the session, the chosen block, displays of original pages.
import { element, showHistogram, showImage, showQuantisation, showTable, waysOf } from "./tensor.js";

const byID = (id) => document.getElementById(id);

export class Panel {
  constructor({ send, follow, open }) {
    Object.assign(this, { send, follow, open });
    this.block = null;
    this.shape = "";
    this.ways = new Map();
    this.displays = new Map();
  }

  // MARK: Diagnostics

  showDiagnostics({ list, isStale, canRun }) {
    const host = byID("diagnostics");
    const loud = list.filter((one) => one.severity !== "note");
    const notes = list.filter((one) => one.severity === "note");
    host.hidden = list.length === 0;
    const errors = loud.filter((one) => one.severity === "error").length;
    const said = isStale ? "The page in the file cannot be run; this is the version before." : canRun ? "" : "The page cannot be run.";
    const children = [];
    if (loud.length > 0) children.push(element("h2", {}, errors > 0 ? plural(errors, "error") : plural(loud.length, "warning")));
    if (said) children.push(element("p", { className: "said" }, said));
    if (loud.length > 0) children.push(this.diagnosticList(loud));
    if (notes.length > 0) children.push(element("details", {}, element("summary", {}, plural(notes.length, "note")), this.diagnosticList(notes)));
    host.replaceChildren(...children);
  }

  diagnosticList(list) {
    return element("ul", { className: "diagnostics" }, ...list.slice(0, 100).map((one) => {
      const place = one.line ? `line ${one.line}:${one.column}` : "";
      const where = element("p", { className: "where" }, element("code", {}, one.id), place);
      if (one.block) {
        const link = element("button", { type: "button", className: "link" }, one.block + (one.pin ? `.${one.pin}` : ""));
        link.addEventListener("click", () => this.open(one.block, true));
        where.append(link);
      }
      const item = element("li", { className: one.severity }, element("p", {}, one.message), where);
      for (const note of one.notes) item.append(element("p", { className: "muted" }, note));
      if (one.fix) item.append(element("p", { className: "fix" }, one.fix));
      return item;
    }));
  }

  // MARK: Changes

  showChanges(changes) {
    const key = JSON.stringify(changes);
    if (key === this.changeKey) return;
    this.changeKey = key;
    const host = byID("changes");
    host.hidden = changes.length === 0;
    const save = element("button", { type: "button" }, "Save in the file");
    save.addEventListener("click", () => this.send("save"));
    host.replaceChildren(
      element("h2", {}, element("span", {}, "Changed for this session"), save),
      element("ul", { className: "changes" }, ...changes.map(({ pin, text }) => {
        const back = element("button", { type: "button", className: "quiet", title: "Take back" }, "×");
        back.setAttribute("aria-label", `Take the change of ${pin} back`);
        back.addEventListener("click", () => this.send(`unset ${pin}`));
        return element("li", {}, element("code", {}, pin), element("span", {}, text), back);
      })));
  }

  // MARK: The chosen block

  choose(name) {
    this.block = name;
    this.shape = "";
    if (!name) byID("detail").hidden = true;
  }

  showDetail(detail) {
    if (detail.block !== this.block) return;
    const host = byID("detail");
    host.hidden = false;
    if (!detail.isThere) return host.replaceChildren(element("h2", {}, detail.block), element("p", { className: "muted" }, "is not in the page any more"));
    const shape = JSON.stringify([detail.block, detail.type, detail.inputs, detail.attrs, detail.results.map((one) => [one.name, one.dtype, one.shape])]);
    // What is being written is not taken away.
    const isBusy = host.contains(document.activeElement) && document.activeElement.matches("input, textarea");
    if (shape !== this.shape && !(isBusy && host.dataset.block === detail.block)) {
      this.shape = shape;
      host.dataset.block = detail.block;
      this.build(host, detail);
    }
    for (const result of detail.results) this.showResult(host, result);
    const quantisation = host.querySelector(".quantised");
    quantisation.hidden = !detail.quantisation;
    if (detail.quantisation) showQuantisation(quantisation, detail.quantisation);
  }

  build(host, detail) {
    const close = element("button", { type: "button", className: "quiet", title: "Close" }, "×");
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => this.open(null));
    const head = element("h2", {}, element("span", {}, detail.block), close);
    const type = element("p", { className: "type" }, element("b", {}, detail.type), detail.line ? ` · line ${detail.line}` : "");
    const doc = element("p", { className: "doc" }, ...code(detail.doc));
    const inputs = element("dl", { className: "pins" }, ...detail.inputs.map((input) => this.input(detail.block, input)));
    const attrs = element("dl", { className: "pins" }, ...detail.attrs.map((attr) => this.setting(detail.block, attr.name, attr.text, attr.doc)));
    const results = element("div", { className: "results" }, ...detail.results.map((result) => this.result(result)));
    const parts = [head, type, results, element("div", { className: "quantised", hidden: true })];
    if (detail.inputs.length > 0) parts.push(element("h3", {}, "Inputs"), inputs);
    if (detail.attrs.length > 0) parts.push(element("h3", {}, "Settings"), attrs);
    parts.push(doc);
    host.replaceChildren(...parts);
  }

  input(block, input) {
    const sources = input.sources.filter(Boolean);
    const shapes = input.shapes.join(", ");
    if (sources.length === 0) return this.setting(block, input.pin, input.text ?? "", input.doc, shapes);
    const links = sources.slice(0, 12).map((source) => {
      const link = element("button", { type: "button", className: "link" }, source);
      link.addEventListener("click", () => this.open(source.replace(/\.[^./]*$/, ""), true));
      return link;
    });
    return element("div", {}, element("dt", { title: plain(input.doc) }, input.pin), element("dd", {}, "← ", ...links, element("small", {}, shapes)));
  }

  // A text that can be changed for the session.
  setting(block, pin, text, doc, shapes = "") {
    const field = element("input", { value: text, spellcheck: false, autocomplete: "off" });
    field.setAttribute("aria-label", `${block}.${pin}`);
    const form = element("form", {}, field);
    const apply = () => {
      if (field.value === text) return;
      text = field.value;
      this.send(`set ${block}.${pin}=${field.value}`);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      apply();
      field.select();
    });
    field.addEventListener("change", apply);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      field.value = text;
      field.blur();
    });
    return element("div", {}, element("dt", { title: plain(doc) }, pin), element("dd", {}, form, shapes ? element("small", {}, shapes) : null));
  }

  result(result) {
    const head = element("h3", {}, element("span", {}, result.pin), element("small", {}, result.dtype ? `${result.dtype} [${result.shape.join(", ")}]` : ""));
    const root = element("div", { className: "result" }, head);
    root.dataset.name = result.name;
    if (!result.dtype) {
      root.append(element("p", { className: "muted" }, "no value"));
      return root;
    }
    const body = element("div", { className: "body" });
    const ways = waysOf(result);
    if (!ways.includes(this.ways.get(result.name))) this.ways.set(result.name, ways[0]);
    if (ways.length > 1) {
      const group = element("span", { className: "ways", role: "group" });
      group.setAttribute("aria-label", "Shown as");
      for (const way of ways) {
        const button = element("button", { type: "button", className: "quiet" }, way);
        button.setAttribute("aria-pressed", String(way === this.ways.get(result.name)));
        button.addEventListener("click", () => {
          this.ways.set(result.name, way);
          for (const other of group.children) other.setAttribute("aria-pressed", String(other === button));
          delete body.dataset.key;
          body.replaceChildren();
          this.showResult(root.parentElement, this.last.get(result.name));
        });
        group.append(button);
      }
      head.append(group);
    }
    if (result.dtype !== "string") {
      const trend = element("button", { type: "button", className: "quiet", title: "Follow from cycle to cycle" }, "follow");
      trend.addEventListener("click", () => this.follow(result.name));
      head.append(trend);
    }
    root.append(body);
    return root;
  }

  showResult(host, result) {
    this.last ??= new Map();
    this.last.set(result.name, result);
    if (!result.dtype) return;
    const body = host.querySelector(`[data-name="${CSS.escape(result.name)}"] .body`);
    if (!body) return;
    switch (this.ways.get(result.name)) {
      case "image": return showImage(body, result);
      case "histogram": return showHistogram(body, result.statistics);
      default:
        return showTable(body, result, result.dtype === "string" ? null : (found) => this.follow(result.name + found.map((one) => `[${one}]`).join("")));
    }
  }

  // MARK: Displays of original pages

  showDisplays(displays) {
    const host = byID("displays");
    const shown = displays.filter((display) => display.type !== "trend");
    host.hidden = shown.length === 0;
    this.displays = new Map(shown.map((display) => [display.id, this.display(display)]));
    host.replaceChildren(element("h2", {}, "Displays"), element("div", { className: "displays" }, ...[...this.displays.values()].map((one) => one.root)));
  }

  display(display) {
    const caption = element("figcaption", {}, display.source);
    if (display.type === "contour") {
      const canvas = element("canvas", { width: display.columns, height: display.rows, className: "image" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${display.id}: ${display.source}`);
      return { ...display, canvas, root: element("figure", {}, canvas, caption) };
    }
    const output = element("output", { className: "lcd" }, "–");
    return { ...display, output, root: element("figure", { className: "number" }, output, element("figcaption", {}, display.unit ?? "", " ", display.source)) };
  }

  updateDisplays(values) {
    for (const [id, value] of Object.entries(values)) {
      const display = this.displays.get(id);
      if (!display) continue;
      if (display.output) display.output.textContent = value;
      else paintContour(display, value);
    }
  }
}

// One byte for each cell: its place on the page's own scale of colours.
function paintContour(display, base64) {
  const cells = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stops = display.colors.map((color) => (color.match(/\d+/g) ?? [0, 0, 0]).slice(0, 3).map(Number));
  if (stops.length === 0) stops.push([0, 0, 0], [255, 255, 255]);
  const context = display.canvas.getContext("2d");
  const picture = context.createImageData(display.columns, display.rows);
  cells.forEach((cell, at) => {
    const color = cell === 255 ? null : stops[Math.min(stops.length - 1, Math.floor((cell / 255) * stops.length))];
    if (color) picture.data.set([...color, 255], 4 * at);
  });
  context.putImageData(picture, 0, 0);
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const plain = (text) => (text ?? "").replaceAll("`", "");

// `words` in backquotes as code.
function code(text) {
  return (text ?? "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}
