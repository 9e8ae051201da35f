// The schedule laboratory: text in, verdict out, and a curve that can be dragged. The server reads and examines; the
// curves follow the finger here.
const root = element.querySelector(".lab"), find = (selector) => root.querySelector(selector);
const start = JSON.parse(props.value), PLOTTED = ["log_snr", "alpha_bar", "beta"];
const form = find(".intake"), text = find("textarea"), names = find(".names-list"), steps = find(".steps"), size = find(".size"), file = find(".file");
const outcome = find(".outcome"), cards = find(".cards"), quantity = find(".quantity"), problem = find(".problem"), undo = find(".undo"), reset = find(".reset");
const plots = new Map(), chosen = new Set(start.shown), plain = (v) => +v.toPrecision(6);
let subject = null, tables = null, past = [], waiting = 0, Plotly = window.Plotly, queued = false;
fillWords(root);

const references = start.references.map((one) => ({ ...one, title: say(`lab.reference_${one.name}`), tables: tablesFrom(floats(one.betas)) }));

// What the server says of it, unless something newer has been asked since.
async function ask(name, argument, done) {
  const mine = ++waiting;
  root.setAttribute("aria-busy", "true");
  let said;
  try {
    said = await server[name]({ steps: steps.value, size: size.value, ...argument });
  } catch {
    said = { problem: say("lab.unreachable") };
  }
  if (mine !== waiting || !element.isConnected) return;
  root.removeAttribute("aria-busy");
  problem.textContent = said.problem || "";
  root.classList.toggle("stale", !!said.problem);
  if (!said.problem) done(said);
}

// `source` is the schedule as it was read; dragging starts from it, and undoing the first drag gives it back.
let source = null;
const examine = () => {
  remember("lab", text.value.length <= start.most_in_link ? text.value.trim() : "");
  remember("lab_steps", steps.value);
  return ask("examine", { text: text.value }, (said) => { past = []; receive(source = said); });
};
const examineEdited = () => ask("examine_edited", { betas: packedFloats(tables.betas), config: subject.config }, (said) => receive({ ...said, name: subject.name }));

function receive(said) {
  subject = said;
  take(floats(said.betas));
  outcome.hidden = false;
  find("h2").textContent = past.length ? say("lab.edited", { name: said.name, T: said.T }) : say("lab.heading", { name: said.name, T: said.T });
  find(".read").replaceChildren(...said.read_as.map((sentence) => make("li", "", ...typeset(sentence))));
  const count = (severity) => said.findings.filter((one) => one.severity === severity).length;
  find(".counts").textContent = ["error", "warning", "note"].map((severity) => say(`lab.count_${severity}`, { n: count(severity) })).join(" · ");
  cards.replaceChildren(...(said.findings.length ? said.findings.map(card) : [make("li", "none", say("lab.healthy"))]));
  mark(null);
  announceLab({ name: find("h2").textContent, betas: said.betas, config: said.config, T: said.T, steps: steps.value, findings: said.findings });
}

function card({ code, severity, where, message, fix, reference }) {
  const acts = make("div", "acts"), copy = acts.appendChild(make("button", "", say("lab.copy")));
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(fix).catch(() => {});
    copy.textContent = say("lab.copied");
  });
  if (where) {
    const jump = acts.appendChild(make("button", "", ...typeset(where[0] === where[1] ? say("lab.jump_t", { t: where[0] }) : say("lab.jump", { low: where[0], high: where[1] }))));
    jump.type = "button";
    jump.addEventListener("click", () => { mark(where); find(".plots").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }); });
  }
  const head = make("h3", "", make("b", "", say(`lab.${severity}`)), ` ${code}`);
  return make("li", severity, head, make("p", "", ...typeset(message)), make("p", "fix", ...typeset(fix)), make("p", "source", reference), acts);
}

// The stretch of t that a finding is about.
let marked = null;
function mark(where) {
  marked = where;
  for (const { area, box } of plots.values()) {
    const band = area.querySelector(".where");
    band.style.display = marked && box ? "block" : "none";
    if (!marked || !box) continue;
    const x = (t) => box.left + (box.width * t) / subject.T;
    Object.assign(band.style, { left: `${x(marked[0]) - 2}px`, width: `${Math.max(0, x(marked[1]) - x(marked[0]))}px`, top: `${box.top}px`, height: `${box.height}px` });
  }
}

const take = (betas) => {
  tables = { ...tablesFrom(betas), betas };
  undo.disabled = reset.disabled = !past.length;
  later();
};
const later = () => { if (!queued) { queued = true; requestAnimationFrame(draw); } };

function frame(key) {
  const figure = find("template").content.firstElementChild.cloneNode(true), area = figure.querySelector(".area");
  write(figure.querySelector("h3"), say(`schedule.${key}_title`));
  figure.dataset.plot = key;
  find(".plots").append(figure);
  plots.set(key, { area, gd: area.querySelector(".gd"), svg: area.querySelector("svg"), path: area.querySelector("path"), handles: area.querySelector(".handles") });
}

const finite = (key, v) => Number.isFinite(v) && !(key === "beta" && v <= 0);
function traces(key) {
  const shown = [{ T: subject.T, tables, name: subject.name }, ...references.filter(({ name }) => chosen.has(name))].slice(0, start.most);
  return start.figures[key].data.filter(({ meta }) => meta.schedule < shown.length && meta.table === key).map((trace) => {
    const one = shown[trace.meta.schedule], x = [], y = [];
    for (const t of plottedSteps(one.T, start.most_points)) if (finite(key, one.tables[key][t])) { x.push((t * subject.T) / one.T); y.push(one.tables[key][t]); }
    return { ...trace, x, y, name: one.title || one.name, mode: subject.T <= start.few_steps && one.tables === tables ? "lines+markers" : "lines", opacity: 1, line: { ...trace.line, width: one.tables === tables ? 2.5 : 1.75, color: colourOf(root, `--series-${trace.meta.schedule}`) } };
  });
}

function draw() {
  queued = false;
  if (!subject || !root.clientWidth) return;
  if (!Plotly) {
    find(".plots-status").textContent = say("schedule.loading");
    plotly(start.plotly).then((found) => { Plotly = found; find(".plots-status").textContent = ""; draw(); }, () => { find(".plots-status").textContent = say("schedule.failed"); });
    return;
  }
  for (const [key, plot] of plots) {
    const layout = dressed(start.figures[key].layout, root, plot.area.clientWidth);
    layout.xaxis.range = [0, subject.T];
    layout.xaxis.title.text = subscripted(say("schedule.x"));
    layout.yaxis.title.text = subscripted(say(`schedule.${key}_y`));
    layout.dragmode = false;
    drawFigure(Plotly, plot.gd, traces(key), layout);
    const { l: left, t: top, w: width, h: height } = plot.gd._fullLayout._size;
    plot.box = { left, top, width, height };
    plot.axis = plot.gd._fullLayout.yaxis;
    Object.assign(plot.svg.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    plot.path.setAttribute("d", "");
    plot.gd.setAttribute("aria-label", say("lab.plot_label", { title: say(`schedule.${key}_title`), name: subject.name }));
  }
  root.classList.remove("dragging");
  mark(marked);
  placeHandles();
}

// The curve as it stands under the finger, above the plots; they are drawn anew when it rests.
function sketch(now) {
  root.classList.add("dragging");
  const steps = plottedSteps(subject.T, FEW_POINTS);
  for (const [key, { path, box, axis }] of plots) path.setAttribute("d", curvePath(steps, now[key], { low: 0, high: subject.T, width: box.width }, axis));
}

// Handles at nine steps of the curve that is dragged.
const knots = () => {
  const count = Math.min(9, subject.T);
  return Array.from({ length: count }, (_, k) => (count === 1 ? 1 : Math.round(1 + (k * (subject.T - 1)) / (count - 1))));
};
function placeHandles() {
  for (const [key, { handles, box, axis }] of plots) {
    const wanted = key === quantity.value && subject.T > 1 ? knots() : [];
    while (handles.children.length > wanted.length) handles.lastChild.remove();
    while (handles.children.length < wanted.length) handles.append(handle(handles.children.length));
    wanted.forEach((t, k) => {
      const node = handles.children[k], value = tables[key][t];
      node.hidden = !finite(key, value);
      if (node.hidden) return;
      const y = Math.max(0, Math.min(box.height, axis.d2p(value)));
      node.style.transform = `translate(${box.left + (box.width * t) / subject.T}px, ${box.top + y}px)`;
      node.setAttribute("aria-label", say("lab.handle", { t, symbol: say(`schedule.col_${key}`) }));
      node.setAttribute("aria-valuenow", plain(value));
      node.setAttribute("aria-valuetext", number(value));
    });
  }
}

// The schedule whose curve passes through `value` at handle k.
function bend(from, k, value) {
  const key = quantity.value, ts = knots(), was = from[key][ts[k]];
  const by = key === "beta" ? Math.log(Math.max(value, 1e-12) / was) : value - was;
  const betas = bent(from, key, ts, ts.map((_, i) => (i === k ? by : 0)), ts[k]);
  return { ...tablesFrom(betas), betas };
}

function handle(k) {
  const node = make("button");
  node.type = "button";
  node.setAttribute("role", "slider");
  node.setAttribute("aria-orientation", "vertical");
  let from = null, now = null, settle = 0;
  const to = (value) => {
    now = bend(from, k, value);
    const kept = tables;
    tables = now;
    sketch(now);
    placeHandles();
    tables = kept;
  };
  const done = () => {
    if (now) {
      past.push(from.betas);
      take(now.betas);
      examineEdited();
    }
    from = now = null;
  };
  const valueAt = (event) => {
    const { axis, box, area } = plots.get(quantity.value), y = event.clientY - area.getBoundingClientRect().top - box.top;
    return axis.p2d(Math.max(0, Math.min(box.height, y)));
  };
  node.addEventListener("pointerdown", (event) => { clearTimeout(settle); done(); node.setPointerCapture(event.pointerId); from = tables; });
  node.addEventListener("pointermove", (event) => { if (from && node.hasPointerCapture(event.pointerId)) to(valueAt(event)); });
  node.addEventListener("pointerup", done);
  node.addEventListener("pointercancel", done);
  node.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: -2, ArrowDown: 2, PageUp: -12, PageDown: 12 }[event.key];
    if (!steps) return;
    event.preventDefault();
    from = from || tables;
    const key = quantity.value, { axis } = plots.get(key), t = knots()[k];
    to(axis.p2d(axis.d2p((now || from)[key][t]) + steps));
    clearTimeout(settle);
    settle = setTimeout(done, 500);
  });
  return node;
}

const back = (betas) => {
  waiting++;
  if (!past.length) return receive(source);
  take(betas);
  examineEdited();
};
undo.addEventListener("click", () => { if (past.length) back(past.pop()); });
reset.addEventListener("click", () => { if (past.length) { const [first] = past; past = []; back(first); } });
root.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && past.length && !["TEXTAREA", "INPUT"].includes(event.target.tagName)) { event.preventDefault(); undo.click(); }
});

exportButtons(find(".exports"), find(".exported"), () => ({
  betas: packedFloats(tables.betas),
  config: subject.config,
  linkable: text.value.trim().length <= start.most_in_link,
  edited: past.length > 0,
  gd: plots.get(quantity.value).gd,
  name: quantity.value,
}));

// In: a name, a paste, a file.
names.append(new Option(say("lab.choose_one"), ""));
for (const { label, entries } of start.examples) {
  const group = names.appendChild(document.createElement("optgroup"));
  group.label = say(label);
  for (const entry of entries) group.append(new Option(say(entry.label), entry.text));
}
names.addEventListener("change", () => { if (names.value) { text.value = names.value; examine(); } });
text.addEventListener("input", () => root.classList.add("stale"));
form.addEventListener("submit", (event) => { event.preventDefault(); examine(); });
const read = async (chosenFile) => {
  if (!chosenFile) return;
  if (chosenFile.size > start.most_bytes) { problem.textContent = say("lab.too_big", { name: chosenFile.name, mb: Math.ceil(chosenFile.size / 2 ** 20) }); return; }
  text.value = await chosenFile.text();
  names.value = "";
  examine();
};
find(".open").addEventListener("click", () => file.click());
file.addEventListener("change", () => { read(file.files[0]); file.value = ""; });
for (const kind of ["dragover", "dragleave", "drop"]) text.addEventListener(kind, (event) => {
  if (kind === "dragover" && !event.dataTransfer.types.includes("Files")) return;
  text.classList.toggle("over", kind === "dragover");
  if (kind === "dragleave") return;
  event.preventDefault();
  if (kind === "drop") read(event.dataTransfer.files[0]);
});
for (const key of PLOTTED) {
  quantity.append(new Option(say(`lab.drag_${key}`), key));
  frame(key);
}
quantity.addEventListener("change", placeHandles);
references.forEach((one, i) => {
  const box = document.createElement("input"), label = make("label", "", box, one.title);
  box.type = "checkbox";
  box.checked = chosen.has(one.name);
  box.addEventListener("change", () => {
    chosen[box.checked ? "add" : "delete"](one.name);
    key();
    later();
  });
  find(".references").append(label);
});
// A reference's line is that of its place among those shown.
function key() {
  let place = 0;
  [...find(".references").children].forEach((label, i) => {
    label.querySelector("svg")?.remove();
    const box = label.firstChild;
    box.disabled = !box.checked && chosen.size >= start.most - 1;
    if (box.checked) label.append(swatch(`--series-${++place}`, start.dashes[place]));
  });
}
key();

new ResizeObserver(later).observe(root);
const ground = new MutationObserver(() => (element.isConnected ? later() : ground.disconnect()));
ground.observe(document.body, { attributes: true, attributeFilter: ["class"] });
onRecipe([], () => {
  text.value = window.ddpmRecipe.lab;
  steps.value = window.ddpmRecipe.lab_steps;
  if (text.value) examine();
});
