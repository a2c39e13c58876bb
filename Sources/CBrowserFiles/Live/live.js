// The live page: one WebSocket to the session; messages in, commands out. Each part of the window has a module of its own.
import { Stage } from "./drawing.js";
import { Trends } from "./trends.js";
import { Panel } from "./panel.js";
import { brief, element } from "./tensor.js";

const byID = (id) => document.getElementById(id);
const page = new URLSearchParams(location.search).get("page");
let socket = null;
let delay = 250;
let state = { isRunning: false, cycle: 0, rate: 0, limit: null, speed: null, changes: [] };

function send(command) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(command);
}

function follow(name) {
  send(`watch ${name}`);
}

const panel = new Panel({ send, follow, open });
const trends = new Trends(byID("trends"), send, (series) => stage.drawTrends(series));
const stage = new Stage(byID("stage"), { open, follow });

// What the tests look at, and people who open the console.
window.enuflow = { state: () => state, trends: () => trends.points(), values: () => stage.values };

function open(name, isJump = false) {
  send(`open ${name ?? ""}`);
  stage.select(name, isJump);
  panel.choose(name);
  byID("hint").hidden = Boolean(name);
}

function connect() {
  const address = new URL("live" + (page ? `?page=${encodeURIComponent(page)}` : ""), location.href);
  address.protocol = "ws:";
  socket = new WebSocket(address);
  socket.onopen = () => {
    delay = 250;
    byID("connection").hidden = true;
    if (panel.block) send(`open ${panel.block}`);
  };
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = () => {
    byID("connection").hidden = false;
    setTimeout(connect, delay);
    delay = Math.min(delay * 2, 4000);
  };
}

function receive(message) {
  switch (message.kind) {
    case "page": {
      const title = message.title || message.name;
      document.title = `${title} – enuflow`;
      byID("title").textContent = title;
      stage.show(message);
      byID("blockNames").replaceChildren(...message.blocks.slice(0, 2000).map((block) => element("option", { value: block.name }, block.type)));
      trends.list(message.trends);
      panel.showDisplays(message.displays);
      if (panel.block && !message.blocks.some((block) => block.name === panel.block)) open(null);
      break;
    }
    case "state":
      state = message;
      showState();
      break;
    case "values":
      stage.update(message);
      break;
    case "trendList":
      trends.list(message.trends);
      break;
    case "trends":
      trends.add(message.series);
      break;
    case "detail":
      panel.showDetail(message);
      break;
    case "displays":
      panel.updateDisplays(message.values);
      break;
    case "diagnostics":
      stage.mark(message);
      panel.showDiagnostics(message);
      for (const id of ["run", "step", "restart"]) byID(id).disabled = !message.canRun;
      byID("until").querySelector("button").disabled = !message.canRun;
      break;
    case "notice":
      notice(message.text, message.isError);
      break;
  }
}

function showState() {
  byID("run").textContent = state.isRunning ? "Pause" : "Run";
  document.body.classList.toggle("running", state.isRunning);
  byID("cycle").textContent = state.cycle.toLocaleString("en").replaceAll(",", "\u202f");
  byID("rate").textContent = state.isRunning && state.rate > 0 ? brief(state.rate) : "–";
  const speed = state.speed === null ? "max" : String(state.speed);
  if (document.activeElement !== byID("speed")) byID("speed").value = speed;
  panel.showChanges(state.changes);
}

let noticeTimer = 0;
function notice(text, isError) {
  const box = byID("notice");
  box.textContent = text;
  box.className = isError ? "error" : "";
  box.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (box.hidden = true), isError ? 8000 : 4000);
}

const toggle = () => send(state.isRunning ? "pause" : "run");
byID("run").addEventListener("click", toggle);
byID("step").addEventListener("click", () => send("step"));
byID("restart").addEventListener("click", () => send("restart"));
byID("speed").addEventListener("change", (event) => send(`speed ${event.target.value}`));
byID("until").addEventListener("submit", (event) => {
  event.preventDefault();
  const cycle = byID("untilCycle").value.replace(/[\s,_]/g, "");
  if (/^[1-9][0-9]{0,17}$/.test(cycle)) send(`until ${cycle}`);
  else notice("Write the number of a cycle, such as 500", true);
});
byID("find").addEventListener("submit", (event) => event.preventDefault());
byID("findBlock").addEventListener("input", (event) => {
  const text = event.target.value.trim();
  const found = stage.find(text);
  if (found) open(found, true);
});
byID("zoomIn").addEventListener("click", () => stage.zoom(1.25));
byID("zoomOut").addEventListener("click", () => stage.zoom(0.8));
byID("fit").addEventListener("click", () => stage.fit());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, button, a, summary, [role=button]")) return;
  if (event.key === " ") toggle();
  else if (event.key === ".") send("step");
  else if (event.key === "/") byID("findBlock").focus();
  else if (event.key === "Escape") open(null);
  else return;
  event.preventDefault();
});

fetch("pages")
  .then((answer) => answer.json())
  .then((list) => {
    if (!list.isFolder || list.pages.length === 0) return;
    const current = page ?? list.pages[0];
    byID("pages").replaceChildren(...list.pages.map((name) => element("option", { value: name, selected: name === current }, name)));
    byID("chooser").hidden = false;
    byID("pages").addEventListener("change", (event) => {
      location.search = `?page=${encodeURIComponent(event.target.value)}`;
    });
  })
  .catch(() => {});

connect();
