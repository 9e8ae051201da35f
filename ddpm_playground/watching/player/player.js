// The player of one run, saved or live. It gets frames one by one, from the page itself or from the server it came from.
"use strict";

const run = JSON.parse(document.getElementById("run").textContent);
const words = run.words;
const frames = [];
const CURVES = { x_t: "--sym-x-t", x_hat_0: "--sym-x-hat-0", eps_hat: "--sym-eps" };
const FRAME_MS = 90;
let at = 0;
let following = true;
let playing = null;

const byId = (id) => document.getElementById(id);
const say = (key, places = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? ""));

function made(kind, text = "", kindOf = "") {
  const node = document.createElement(kind);
  node.textContent = text;
  if (kindOf) node.className = kindOf;
  return node;
}

function shown(value) {
  if (value === null || value === undefined) return words.unknown;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? String(Number(value.toPrecision(5)))
    : value.toExponential(2);
}

function panel(name) {
  const figure = made("figure");
  const caption = made("figcaption");
  caption.append(made("span", words[`panel_${name}`]), made("span", "", "rms"));
  const frame = made("div", "", "frame");
  figure.append(caption, frame);
  figure.dataset.name = name;
  return figure;
}

function paint() {
  const frame = frames[at];
  if (!frame) return;
  for (const figure of byId("panels").children) {
    const name = figure.dataset.name;
    const source = frame.images[name];
    const rms = frame.numbers[`rms_${name}`];
    const box = figure.querySelector(".frame");
    figure.querySelector(".rms").textContent =
      rms === null || rms === undefined ? "" : say("rms", { value: shown(rms) });
    if (!source) {
      box.replaceChildren(frame.end ? "–" : words.unknown);
      continue;
    }
    const image = box.querySelector("img") ?? made("img");
    image.src = source;
    image.alt = words[`panel_${name}`];
    if (!image.parentNode) box.replaceChildren(image);
  }
  const { t, next } = frame.numbers;
  const where = frame.end ? "where_end" : next === null ? "where_last" : "where";
  byId("where").value = say(where, { t: shown(t), next: shown(next) });
  byId("scrub").value = String(at);
  byId("scrub").setAttribute("aria-valuetext", byId("where").value);
  paintNumbers(frame);
  byId("marker")?.setAttribute("d", `M${placeOf(at)} 0V160`);
}

function paintNumbers(frame) {
  const rows = frame.end ? [] : run.rows;
  byId("numbers").replaceChildren(
    ...rows.flatMap((name) => {
      const { next, leads_to: leads } = frame.numbers;
      const value = frame.numbers[name];
      let text = shown(value);
      if (name === "next" && value === null) text = words.end;
      if (name === "leads_to" && value === null && next === null) text = words.clean;
      const cell = made("dd", text);
      if (name === "leads_to" && leads !== null && next !== null && leads !== next) cell.className = "beside";
      return [made("dt", words[`n_${name}`]), cell];
    }),
  );
}

const placeOf = (k) => (frames.length > 1 ? (400 * k) / (frames.length - 1) : 0);

function curves() {
  const svg = byId("curves");
  const values = frames.flatMap((frame) => Object.keys(CURVES).map((name) => frame.numbers[`rms_${name}`]));
  const logs = values.filter((value) => value > 0).map(Math.log);
  if (!logs.length) return;
  const low = Math.min(...logs) - 0.1;
  const high = Math.max(...logs) + 0.1;
  const paths = Object.entries(CURVES).map(([name, colour]) => {
    const points = frames.flatMap((frame, k) => {
      const value = frame.numbers[`rms_${name}`];
      return value > 0 ? [`${placeOf(k)} ${150 - (140 * (Math.log(value) - low)) / (high - low)}`] : [];
    });
    return line(points.length ? `M${points.join("L")}` : "", `var(${colour})`);
  });
  const marker = line(`M${placeOf(at)} 0V160`, "var(--muted)");
  marker.id = "marker";
  svg.replaceChildren(...paths, marker);
}

function line(d, stroke) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", d);
  path.style.stroke = stroke;
  return path;
}

function add(frame) {
  frames.push(frame);
  byId("scrub").max = String(frames.length - 1);
  if (following) at = frames.length - 1;
  curves();
  paint();
}

function end(told) {
  if (told) add({ end: true, images: { x_t: told.image }, numbers: { t: null, next: null } });
}

function findings(list) {
  const items = list.map((one) => {
    const item = made("li", "", one.severity);
    item.append(made("b", one.title), one.message, made("span", one.fix, "fix"));
    return item;
  });
  byId("findings").replaceChildren(...(items.length ? items : [made("li", words[run.live ? "pending" : "none"])]));
}

function notes(list) {
  byId("notes").replaceChildren(...list.map((one) => made("li", one)));
}

function title(text) {
  byId("title").textContent = text;
}

function state(text) {
  byId("state").textContent = text;
}

function go(k) {
  at = Math.max(0, Math.min(frames.length - 1, k));
  following = at === frames.length - 1;
  paint();
}

function pause() {
  clearInterval(playing);
  playing = null;
  byId("play").textContent = words.play;
}

function toggle() {
  if (playing) return pause();
  if (at >= frames.length - 1) go(0);
  byId("play").textContent = words.pause;
  playing = setInterval(() => (at < frames.length - 1 ? go(at + 1) : pause()), FRAME_MS);
}

function keyed(event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in steps) go(at + steps[event.key]);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(frames.length - 1);
  else if (event.key === " " && event.target === document.body) toggle();
  else return;
  pauseUnlessPlayed(event);
}

function pauseUnlessPlayed(event) {
  if (event.key !== " ") pause();
  event.preventDefault();
}

function listen(address) {
  const source = new EventSource(address);
  const on = (name, told) => source.addEventListener(name, (event) => told(JSON.parse(event.data)));
  on("frame", add);
  on("end", end);
  on("findings", findings);
  on("notes", notes);
  on("state", state);
  on("title", title);
  on("over", () => {
    run.live = null;
    source.close();
  });
  on("anew", () => {
    frames.length = 0;
    at = 0;
    following = true;
  });
  source.onerror = () => {
    // The server sends everything again to whoever comes back; here all is kept, so there is no coming back.
    source.close();
    if (run.live) state(words.lost);
  };
}

title(run.title);
byId("play").textContent = words.play;
byId("findings-title").textContent = words.findings;
byId("notes-title").textContent = words.notes;
byId("scrub").setAttribute("aria-label", words.scrub);
byId("curves").setAttribute("aria-label", words.curves);
byId("panels").append(...Object.keys(CURVES).map(panel));
byId("legend").append(
  made("i", words.curves),
  ...Object.entries(CURVES).map(([name, colour]) => {
    const entry = made("span", words[`panel_${name}`]);
    entry.style.setProperty("--of", `var(${colour})`);
    return entry;
  }),
);
state(run.state);
findings(run.findings);
notes(run.notes);
run.frames.forEach(add);
end(run.end);
byId("scrub").addEventListener("input", (event) => {
  pause();
  go(Number(event.target.value));
});
byId("play").addEventListener("click", toggle);
document.addEventListener("keydown", keyed);
if (run.live) listen(run.live);
