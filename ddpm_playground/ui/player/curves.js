// Four linked plots over t, their common marker, and every number at t. Python draws the empty figures once; the curves
// follow the settings here.
const root = element.querySelector(".curves"), plotsBox = root.querySelector(".plots"), template = root.querySelector("template");
const slider = root.querySelector("input"), output = root.querySelector("output"), readout = root.querySelector(".readout");
const verdict = root.querySelector(".verdict"), status = root.querySelector(".status");
const COLUMNS = ["beta", "beta_tilde", "alpha", "alpha_bar", "sqrt_alpha_bar", "sqrt_one_minus_alpha_bar", "snr", "log_snr"];
const COLOURS = { beta: "--sym-x-t", beta_tilde: "--sym-sigma-z", sqrt_alpha_bar: "--sym-x-0", sqrt_one_minus_alpha_bar: "--sym-eps" };
const VERDICTS = { none: "--sym-x-hat-0", trace: "--sym-x-hat-0", some: "--sym-mean", much: "--sym-eps" };
// √ᾱ_T up to which x_T passes for noise, and up to which only a trace of the picture is left in it.
const TRACE = 0.02, SOME = 0.2;
// The plots are drawn anew once the settings have rested for so long; until then their curves are sketched.
const REST_MS = 160;
let data = null, t = null, shape = "", rest = null, zoom = null, logBeta = true, Plotly = window.Plotly, cells = [], queued = false, asked = false;
const plots = new Map();

function layoutOf(key, figure) {
  const layout = dressed(figure.layout, root, plots.get(key).area.clientWidth);
  layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
  layout.xaxis.range = zoom || [0, data.T];
  layout.xaxis.title.text = subscripted(say(`schedule.x`));
  layout.yaxis.title.text = subscripted(say(`schedule.${key}_y`));
  if (key === "beta" && !logBeta) Object.assign(layout.yaxis, { type: "linear", rangemode: "tozero", dtick: null, exponentformat: "none" });
  return layout;
}

function tracesOf(figure, log) {
  const mode = data.T <= data.few_steps ? "lines+markers" : "lines", steps = shownSteps();
  return figure.data.filter(({ meta }) => meta.schedule < data.schedules.length).map((trace) => {
    const { schedule, table, colour: css } = trace.meta, values = data.schedules[schedule].tables[table], x = [], y = [];
    for (const at of steps) if (Number.isFinite(values[at]) && !(log && values[at] <= 0)) { x.push(at); y.push(values[at]); }
    return { ...trace, mode, x, y, name: nameOf(data.schedules[schedule]), line: { ...trace.line, color: colourOf(root, css) } };
  });
}

// Zoomed in, every step that is seen and the next at either side, as far as there is room for all.
function shownSteps() {
  if (!zoom) return data.steps;
  const low = Math.floor(zoom[0]), high = Math.ceil(zoom[1]), inside = plottedSteps(high - low, data.most_points);
  return [...data.steps.filter((at) => at < low), ...inside.map((at) => at + low), ...data.steps.filter((at) => at > high)];
}

// Zoomed in t, the height follows what is seen, so that tails can be read.
function fit(layout, traces) {
  if (!zoom) return;
  const log = layout.yaxis.type === "log";
  let low = Infinity, high = -Infinity;
  for (const { x, y } of traces) x.forEach((at, i) => {
    if (at < zoom[0] || at > zoom[1]) return;
    const value = log ? Math.log10(y[i]) : y[i];
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  const pad = 0.06 * (high - low) || 0.01 * Math.abs(high) || 0.01;
  if (low <= high) layout.yaxis.range = [low - pad, high + pad];
}

function frame(key) {
  const figure = template.content.firstElementChild.cloneNode(true), area = figure.querySelector(".area");
  const plot = { figure, area };
  for (const part of ["gd", "sketch", "strip", "ghost", "finger", "marker"]) plot[part] = area.querySelector(`.${part}`);
  const { gd, marker, finger } = plot;
  figure.dataset.plot = key;
  write(figure.querySelector("h3"), say(`schedule.${key}_title`));
  write(figure.querySelector("figcaption"), say(`schedule.${key}_note`));
  const tools = figure.querySelector(".tools");
  plot.all = tools.appendChild(make("button", "", say(`schedule.zoom_out`)));
  plot.all.addEventListener("click", () => rescale(null));
  if (key === "beta") {
    const toggle = tools.appendChild(make("button"));
    const show = () => { toggle.textContent = say(logBeta ? "schedule.log_y" : "schedule.linear_y"); toggle.setAttribute("aria-pressed", logBeta); };
    toggle.setAttribute("aria-label", say(`schedule.y_scale`));
    toggle.addEventListener("click", () => { logBeta = !logBeta; show(); draw(); });
    show();
  }
  const tAt = (event) => {
    const box = area.getBoundingClientRect(), { left, width, low, high } = plot.box;
    return Math.round(low + ((event.clientX - box.left - left) / width) * (high - low));
  };
  // A knob on the marker, a finger anywhere: both drag t. A click, not a zoom, puts it there.
  for (const handle of [marker.firstElementChild, finger]) {
    handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); event.stopPropagation(); move(tAt(event)); });
    handle.addEventListener("pointermove", (event) => { if (handle.hasPointerCapture(event.pointerId)) move(tAt(event)); });
  }
  gd.addEventListener("pointerdown", (down) => window.addEventListener("pointerup", (up) => {
    if (down.button === 0 && plot.box && Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) < 4) move(tAt(up));
  }, { once: true }), true);
  plotsBox.append(figure);
  plots.set(key, plot);
}

function listen(plot) {
  plot.gd.on("plotly_relayout", (change) => {
    const low = change["xaxis.range[0]"], high = change["xaxis.range[1]"];
    if (low !== undefined) rescale([Math.max(0, low), Math.min(data.T, high)]);
  });
  plot.gd.on("plotly_doubleclick", () => rescale(null));
  plot.gd.on("plotly_hover", ({ points }) => { for (const other of plots.values()) if (other !== plot) at(other, other.ghost, points[0].x); });
  plot.gd.on("plotly_unhover", () => { for (const other of plots.values()) other.ghost.style.visibility = "hidden"; });
}

function rescale(range) {
  zoom = range && range[1] - range[0] > 0 ? range : null;
  draw();
}

function draw() {
  queued = false;
  if (!data || !data.T || !root.clientWidth) return;
  if (!Plotly) {
    if (!asked) {
      asked = true;
      status.textContent = say(`schedule.loading`);
      plotly(data.plotly).then((found) => { Plotly = found; status.textContent = ""; draw(); }, () => { status.textContent = say(`schedule.failed`); asked = false; });
    }
    return;
  }
  for (const [key, plot] of plots) {
    const figure = data.figures[key], layout = layoutOf(key, figure), traces = tracesOf(figure, layout.yaxis.type === "log"), fresh = !plot.gd.data;
    fit(layout, traces);
    plot.all.hidden = !zoom;
    drawFigure(Plotly, plot.gd, traces, layout);
    if (fresh) listen(plot);
    const { l: left, t: top, w: width, h: height } = plot.gd._fullLayout._size, [low, high] = layout.xaxis.range;
    plot.box = { left, top, width, height, low, high };
    plot.traces = traces;
    plot.axis = plot.gd._fullLayout.yaxis;
    Object.assign(plot.sketch.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    Object.assign(plot.strip.style, { left: `${left}px`, top: `${top + height - 1}px`, width: `${width}px` });
    for (const line of [plot.ghost, plot.marker]) Object.assign(line.style, { top: `${top}px`, height: `${height}px` });
    const bar = plot.strip.firstElementChild.style;
    bar.width = `${(width * data.T) / (high - low)}px`;
    bar.transform = `translateX(${(-width * low) / (high - low)}px)`;
  }
  root.classList.remove("sketching");
  place();
}

// The curves as they stand under a knob, on the axes as they were last drawn: a frame's worth of work, which Plotly is not.
function sketch() {
  queued = false;
  root.classList.add("sketching");
  for (const { sketch: svg, traces, box, axis } of plots.values())
    sketchCurves(svg, traces.map(({ meta, line, opacity }) => ({
      d: curvePath(data.steps, data.schedules[meta.schedule].tables[meta.table], box, axis),
      stroke: line.color, "stroke-width": line.width, "stroke-dasharray": DASHES[line.dash], opacity,
    })));
}
const ask = (how = draw) => {
  clearTimeout(rest);
  if (how === sketch) rest = setTimeout(ask, REST_MS);
  if (!queued) { queued = true; requestAnimationFrame(() => pending()); }
  pending = how;
};
let pending = draw;

function at({ box }, line, where) {
  if (!box) return;
  const inside = where >= box.low && where <= box.high;
  line.style.visibility = inside ? "visible" : "hidden";
  if (inside) line.style.transform = `translateX(${box.left + (box.width * (where - box.low)) / (box.high - box.low)}px)`;
}

// Everything that depends on t alone: no server, no redraw.
function place() {
  if (!data || !data.T) return;
  slider.value = t;
  slider.setAttribute("aria-valuetext", (output.textContent = say(`schedule.slider_value`, { t, T: data.T })));
  for (const { node, table, key } of cells) node.textContent = number(data.schedules[table].tables[key][t]);
  root.style.setProperty("--at", `${(100 * t) / data.T}%`);
  for (const [key, plot] of plots) {
    at(plot, plot.marker, t);
    const values = data.figures[key].data.filter(({ meta }) => meta.schedule === 0).map(({ meta }) => `${say(`schedule.col_${meta.table}`)} = ${number(data.schedules[0].tables[meta.table][t])}`);
    plot.gd.setAttribute("aria-label", say(`schedule.plot_label`, { title: say(`schedule.${key}_title`), t, values: values.join(", ") }));
  }
}

function move(to) {
  t = Math.max(0, Math.min(data.T, to));
  place();
  setT(t, data.T, "curves");
  remember("t", t);
}

// Rows are schedules where there is room, else quantities are.
function tabulate() {
  const wide = root.clientWidth >= 760, table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
  const header = (row, scope, ...parts) => { const th = row.appendChild(document.createElement("th")); th.scope = scope; th.append(...parts); return th; };
  const name = (i) => [swatch(`--series-${i}`, data.dashes[i]), nameOf(data.schedules[i])];
  const symbol = (key) => { const span = make("span", "", ...typeset(say(`schedule.col_${key}`))); if (COLOURS[key]) span.style.color = `var(${COLOURS[key]})`; return span; };
  const all = data.schedules.map((_, i) => i);
  cells = [];
  for (const [key, plot] of plots) plot.figure.querySelector(".keys").replaceChildren(...legend(key));
  const cell = (row, i, key) => cells.push({ node: row.insertCell(), table: i, key });
  header(head, "col", wide ? say(`schedule.col_schedule`) : "");
  if (wide) COLUMNS.forEach((key) => header(head, "col", symbol(key)));
  else all.forEach((i) => header(head, "col", ...name(i)));
  for (const line of wide ? all : COLUMNS) {
    const row = body.insertRow();
    header(row, "row", ...(wide ? name(line) : [symbol(line)]));
    (wide ? COLUMNS : all).forEach((other) => (wide ? cell(row, line, other) : cell(row, other, line)));
  }
  readout.className = `readout ${wide ? "wide" : "narrow"}${all.length > 2 ? " many" : ""}`;
  readout.replaceChildren(table);
}

// What the colours of a plot mean, with the values at t: its quantities where it shows two, else the schedules.
function legend(key) {
  const own = data.figures[key].data.filter(({ meta }) => meta.schedule === 0);
  const table = own[0].meta.table;
  if (own.length === 1) return data.schedules.map((one, i) => entry(swatch(`--series-${i}`, data.dashes[i]), nameOf(one), i, table));
  const quantities = own.map(({ meta, line, opacity }) =>
    entry(swatch(meta.colour, "solid", line.width, opacity), say(`schedule.col_${meta.table}`), 0, meta.table, meta.colour));
  return data.schedules.length < 2 ? quantities : [...quantities, ...data.schedules.map(dashOf)];
}

// Which schedule a dash stands for, whatever its colour.
function dashOf(schedule, i) {
  const box = make("div", "dash");
  box.append(swatch("--muted", data.dashes[i]), make("span", "", nameOf(schedule)));
  return box;
}

function entry(line, text, table, key, css = "--ink") {
  const box = make("div"), node = make("b");
  box.style.color = `var(${css})`;
  box.append(line, make("span", "", ...typeset(text)), node);
  cells.push({ node, table, key });
  return box;
}

function receive() {
  if (!props.value) return;
  data = JSON.parse(props.value);
  if (!plots.size) Object.keys(data.figures).forEach(frame);
}

// The settings have changed. What they cannot make is said, and the last curves stay.
function update() {
  const tell = (problem) => { status.textContent = say(`schedule.${problem.message}`, problem.values); };
  const schedules = tried(() => shownSchedules(window.ddpmRecipe), tell), { T } = window.ddpmRecipe;
  if (!schedules) return;
  status.textContent = "";
  const drawn = data.T === T && [...plots.values()].every(({ traces }) => traces);
  if (data.T !== T) {
    zoom = null;
    data.steps = plottedSteps(T, data.most_points);
  }
  Object.assign(data, { T, schedules });
  t = Math.min(wantedT(window.ddpmRecipe.t), T);
  slider.max = T;
  const { sqrt_alpha_bar: roots, snr } = schedules[0].tables, left = roots[T];
  const kind = left === 0 ? "none" : left <= TRACE ? "trace" : left <= SOME ? "some" : "much";
  verdict.style.setProperty("--c", `var(${VERDICTS[kind]})`);
  write(verdict.children[1], say("schedule.verdict", { T, root: number(left, 3), snr: number(snr[T], 3) }));
  write(verdict.children[2], say(`schedule.verdict_${kind}`));
  const now = JSON.stringify(schedules.map(({ key, form }) => [key, form]));
  const sameCurves = now === shape;
  if (!sameCurves) tabulate();
  shape = now;
  place();
  ask(sameCurves && drawn ? sketch : draw);
}

slider.addEventListener("input", () => move(+slider.value));
slider.setAttribute("aria-label", say(`schedule.slider`));
const heard = (event) => {
  if (!element.isConnected) return window.removeEventListener("ddpm:t", heard);
  if (event.detail.source === "curves" || !data || !data.T) return;
  t = Math.max(0, Math.min(data.T, event.detail.t));
  place();
};
window.addEventListener("ddpm:t", heard);
let width = 0;
new ResizeObserver(() => {
  if (root.clientWidth === width || !(width = root.clientWidth)) return;
  if (data && data.T) { tabulate(); place(); }
  ask();
}).observe(root);
// Light ↔ dark: other colours, same data.
const ground = new MutationObserver(() => (element.isConnected ? ask() : ground.disconnect()));
ground.observe(document.body, { attributes: true, attributeFilter: ["class"] });
receive();
onRecipe([...SCHEDULE_KEYS, "compare"], update);
