// Algorithm 1 in the page: what the reader asks for goes to the run, what the run tells is drawn. Every message is
// complete, so one that is missed is not missed.
const root = element.querySelector(".train"), find = (selector) => root.querySelector(selector);
const start = JSON.parse(props.value), visitor = `${Date.now()}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
const canvas = find(".field canvas"), sheet = find(".sheet"), problem = find(".problem"), at = find(".at"), lr = find(".lr"), seed = find(".seed"), schedule = find(".schedule");
let data = "mixture", told = null, run = 0, waiting = false, drawn = [], drawing = false, changedAt = null, Plotly = window.Plotly;
fillWords(root);
schedule.append(...start.schedules.map((name) => new Option(say(`schedule.choice_${name}`), name)));
lr.value = Math.log10(start.learning_rate);
at.max = start.T;

const rate = () => +(10 ** +lr.value).toPrecision(2);
const going = () => told && told.state === "running";
const alive = () => told && told.run === run && told.state !== "failed" && !waiting;

// --- the settings, as the address holds them: "data:spiral,schedule:cosine"; those that are not where they began
const first = { data: "mixture", schedule: start.schedules[0], rate: rate(), seed: 0 };
const settings = () => Object.entries({ data, schedule: schedule.value, rate: rate(), seed: seed.valueAsNumber })
  .filter(([key, value]) => value !== first[key] && !Number.isNaN(value)).map((pair) => pair.join(":")).join(",");
function restore(text) {
  const given = Object.fromEntries(text.split(",").map((part) => part.split(":")));
  if (start.data.includes(given.data)) data = given.data;
  if (start.schedules.includes(given.schedule)) schedule.value = given.schedule;
  if (+given.rate > 0) lr.value = Math.log10(+given.rate);
  if (Number.isSafeInteger(+given.seed) && +given.seed >= 0) seed.value = +given.seed;
  find(".rate").textContent = number(rate());
}

// --- what is asked
function begin(then) {
  run += 1;
  changedAt = null;
  told = null;
  waiting = true;
  problem.textContent = find(".badge").textContent = "";
  trigger("begin", { visitor, run, then, data, schedule: schedule.value, learning_rate: rate(), seed: seed.valueAsNumber, t: +at.value, points: data === "drawn" ? drawn : null });
  press();
}
async function act(what, value = null) {
  const said = await server.do({ visitor, what, value }).catch(() => ({ problem: say("lab.unreachable") }));
  problem.textContent = said.problem || "";
}
find(".go").addEventListener("click", () => (alive() ? act(going() ? "pause" : "resume") : begin("resume")));
find(".step").addEventListener("click", () => (alive() ? act("single_step") : begin("single_step")));
find(".reset").addEventListener("click", () => begin("pause"));
find(".save").addEventListener("click", () => trigger("download", { visitor }));
find(".reverse").addEventListener("click", () => trigger("keep", { visitor }));
lr.addEventListener("input", () => { find(".rate").textContent = number(rate()); remember("train", settings()); if (alive()) act("learning_rate", rate()); });
schedule.addEventListener("change", () => {
  remember("train", settings());
  if (!alive()) return;
  changedAt = told.step || null;
  act("schedule", schedule.value);
});
seed.addEventListener("change", () => remember("train", settings()));
at.addEventListener("input", () => { tellT(); if (alive()) act("t", +at.value); });
const tellT = () => { find(".t b").textContent = at.value; };

for (const name of start.data) {
  const button = find(".data").appendChild(make("button", "", say(`train.data_${name}`)));
  button.type = "button";
  button.dataset.data = name;
  button.addEventListener("click", () => { choose(name); remember("train", settings()); });
}
function choose(name) {
  data = name;
  find(".data").querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", button.dataset.data === name));
  root.classList.toggle("digits", name === "digits");
  root.classList.toggle("drawing", name === "drawn");
  canvas.hidden = name === "digits";
  sheet.hidden = true;
  write(find(".what"), say(name === "digits" ? "train.sheet" : "train.plane"));
  write(find(".plane .note"), say(name === "drawn" ? "train.draw_here" : name === "digits" ? "train.digits_note" : "train.plane_note"));
  find(".plane .keys").replaceChildren(...(name === "digits" ? [] : KEYS).map(([key, css]) => {
    const dot = make("i");
    dot.style.setProperty("--c", `var(${css})`);
    return make("span", "", dot, say(`train.${key}`));
  }));
  release();
}
// The run that is shown belongs to other data: it ends.
function release() {
  if (told) act("end");
  run += 1;
  told = null;
  waiting = false;
  problem.textContent = find(".badge").textContent = "";
  drawPlane();
  press();
}
const KEYS = [["key_data", "--sym-x-0"], ["key_samples", "--sym-x-hat-0"], ["key_learned", "--sym-eps"], ["key_exact", "--muted"]];

// --- what is shown
function press() {
  const here = told && told.run === run ? told : null;
  find(".go").textContent = say(going() && here ? "train.pause" : here && here.step ? "train.resume" : "train.start");
  const empty = data === "drawn" && drawn.length < 8;
  for (const one of [".go", ".step", ".reset"]) find(one).disabled = waiting || empty || (here && here.state === "limit" && one !== ".reset");
  find(".save").disabled = find(".reverse").disabled = !here || !here.step;
  const lost = here && data !== "digits" && here.step > 200 && here.loss > 0.9;
  find(".hint").textContent = lost ? say("train.diverged") : here && changedAt ? say("train.changed", { step: changedAt }) : "";
  find(".state").textContent = !here ? (waiting ? say("train.waiting") : "") : say(`train.state_${here.state}`, { step: here.step, rate: number(here.rate, 3), seconds: number(here.seconds, 3), loss: number(here.loss), steps: here.max_steps, minutes: here.max_minutes });
}

function drawPlane() {
  const now = sharp(canvas);
  if (!now || data === "digits") return;
  const { pen, width } = now, place = (v) => ((v + start.reach) / (2 * start.reach)) * width, colour = (name) => colourOf(root, name);
  const dots = (points, css, size) => {
    pen.fillStyle = colour(css);
    for (let i = 0; i < points.length; i += 2) { pen.beginPath(); pen.arc(place(points[i]), width - place(points[i + 1]), size, 0, 7); pen.fill(); }
  };
  const shown = told && told.run === run && told.view ? told.view : null, set = data === "drawn" ? drawn.flat() : start.sets[data] ? float32(start.sets[data]) : [];
  pen.globalAlpha = 0.4;
  dots(set, "--sym-x-0", 1.6);
  pen.globalAlpha = 1;
  if (!shown) return;
  const longest = Math.max(1e-9, ...Array.from({ length: shown.points.length / 2 }, (_, i) => Math.hypot(shown.exact[2 * i], shown.exact[2 * i + 1])));
  const arrows = (field, css, thick) => {
    pen.strokeStyle = colour(css);
    pen.lineWidth = thick;
    pen.beginPath();
    for (let i = 0; i < field.length; i += 2) {
      // Length by the root of the score's, so that the short ones are seen.
      const [x, y] = [place(shown.points[i]), width - place(shown.points[i + 1])], size = Math.hypot(field[i], field[i + 1]);
      const reach = ((width / 17) * 0.95 * Math.sqrt(Math.min(1, size / longest))) / (size || 1), [dx, dy] = [field[i] * reach, -field[i + 1] * reach];
      pen.moveTo(x, y);
      pen.lineTo(x + dx, y + dy);
      pen.moveTo(x + dx - 0.3 * dx - 0.18 * dy, y + dy - 0.3 * dy + 0.18 * dx);
      pen.lineTo(x + dx, y + dy);
      pen.lineTo(x + dx - 0.3 * dx + 0.18 * dy, y + dy - 0.3 * dy - 0.18 * dx);
    }
    pen.stroke();
  };
  arrows(shown.exact, "--muted", 2.4);
  arrows(shown.learned, "--sym-eps", 1.2);
  dots(shown.samples, "--sym-x-hat-0", 2.2);
  canvas.setAttribute("aria-label", say("train.seen", { step: told.viewed, t: told.t }));
}

function plot() {
  if (!Plotly || !root.clientWidth || !told || !told.curve) return;
  const steps = told.curve.map(([step]) => step), traces = {
    loss: [
      { x: steps, y: told.curve.map(([, raw]) => raw), mode: "markers", marker: { size: 3, opacity: 0.45, color: colourOf(root, "--muted") }, hovertemplate: "%{y:.4~g}<extra></extra>" },
      { x: steps, y: told.curve.map(([, , smooth]) => smooth), mode: "lines", line: { width: 2.5, color: colourOf(root, "--sym-eps") }, hovertemplate: "%{y:.4~g}<extra></extra>" },
    ],
    by_t: [{ type: "bar", x: told.by_t.map((_, i) => ((i + 0.5) * told.T) / told.by_t.length), y: told.by_t, marker: { color: colourOf(root, "--sym-eps") }, hovertemplate: "t ≈ %{x:.0f}: %{y:.4~g}<extra></extra>" }],
  };
  for (const gd of root.querySelectorAll(".gd")) {
    const layout = dressed(start.figures[gd.dataset.plot], root, gd.clientWidth);
    layout.dragmode = false;
    for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = say(axis.title.text.slice(1));
    drawFigure(Plotly, gd, traces[gd.dataset.plot], layout);
    gd.setAttribute("aria-label", `${gd.parentElement.querySelector("h3").textContent}: ${number(told.loss)}`);
  }
}

function receive() {
  if (!props.value) return;
  const said = JSON.parse(props.value);
  if (said.visitor !== visitor || said.run !== run) return;
  waiting = false;
  // What is the same as before is not sent again.
  const before = told || {};
  told = { ...before, ...said };
  if (said.samples) told.view = Object.fromEntries(["samples", "points", "learned", "exact"].map((key) => [key, float32(said[key])]));
  if (said.sheet && data === "digits") {
    sheet.hidden = false;
    sheet.src = said.sheet;
    sheet.alt = say("train.seen_sheet", { step: said.viewed });
  }
  problem.textContent = said.problem || "";
  root.dataset.step = told.step || 0;
  root.dataset.updates = +(root.dataset.updates || 0) + 1;
  root.dataset.state = told.state || "";
  press();
  find(".badge").textContent = say("train.badge", { step: told.viewed || 0 });
  if (said.curve) soon();
}
// Drawing takes no more than a fifth of the page's time, however slow the machine is; the last word is always drawn.
let due = null, free = 0;
function soon() {
  if (due !== null) return;
  due = setTimeout(() => requestAnimationFrame(async () => {
    due = null;
    Plotly = Plotly || (await plotly(start.plotly)); // what it takes to load says nothing of drawing
    const began = performance.now();
    drawPlane();
    plot();
    const now = performance.now();
    free = now + Math.min(1500, Math.max(250, 4 * (now - began)));
  }), Math.max(0, free - performance.now()));
}

// --- the reader's own set
const pointAt = (event) => {
  const box = canvas.getBoundingClientRect(), reach = start.reach;
  return [((event.clientX - box.left) / box.width) * 2 * reach - reach, reach - ((event.clientY - box.top) / box.height) * 2 * reach].map((v) => +Math.max(-reach, Math.min(reach, v)).toFixed(3));
};
canvas.addEventListener("pointerdown", (event) => {
  if (data !== "drawn") return;
  if (told) { drawn = []; release(); }
  drawing = true;
  canvas.setPointerCapture(event.pointerId);
  canvas.dispatchEvent(new PointerEvent("pointermove", event));
});
canvas.addEventListener("pointermove", (event) => {
  if (!drawing || drawn.length >= start.most_drawn) return;
  drawn.push(pointAt(event));
  drawPlane();
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { if (drawing) { drawing = false; press(); } });

find(".loss-keys").append(...[["key_raw", "--muted"], ["key_smooth", "--sym-eps"]].map(([key, css]) => make("span", "", swatch(css, "solid"), say(`train.${key}`))));
find(".rate").textContent = number(rate());
tellT();
watch("value", receive);
// What the address names, once it is known, unless the reader was quicker.
const begun = () => {
  if (told || waiting) return;
  restore((window.ddpmRecipe || {}).train || "");
  if (seen) choose(data);
};
let seen = false;
if (window.ddpmIsRestored) begun();
else window.addEventListener("ddpm:restored", begun, { once: true });
new ResizeObserver(() => {
  if (!root.clientWidth) return;
  if (!seen) { seen = true; choose(data); }
  drawPlane();
  plot();
}).observe(root);
const ground = new MutationObserver(() => (element.isConnected ? (drawPlane(), plot()) : ground.disconnect()));
ground.observe(document.body, { attributes: true, attributeFilter: ["class"] });
