// Four linked plots over t, their common marker, and every number at t. Python draws the empty figures once; the curves
// follow the settings here.
import { number } from "../core/number.js";
import { plotlyFor, plottedSteps } from "../draw/plots.js";
import { makeButton, opened, write } from "../page/dom.js";
import { nextFrame, onePerFrame, onGround, onResize } from "../page/life.js";
import { tellRefusal } from "../page/refused.js";
import { isAwaited, onSchedules, shownSchedules, tried } from "../page/schedules.js";
import { moveT, onT, settings, wantedT } from "../page/settings.js";
import { say } from "../page/words.js";
import { Plot } from "./plot.js";
import { fitHeight, layoutOf, tracesOf } from "./plot_traces.js";
import { Readout } from "./readout.js";

const VERDICTS = { none: "--sym-x-hat-0", trace: "--sym-x-hat-0", some: "--sym-mean", much: "--sym-eps" };
// √ᾱ_T up to which x_T passes for noise, and up to which only a trace of the picture is left in it.
const TRACE = 0.02,
  SOME = 0.2;
// The plots are drawn anew once the settings have rested for so long; until then their curves are sketched.
const REST_MS = 160;

/** @param {Component} component */
export function mount(component) {
  const { element, props } = component;
  const { root, find } = opened(element, ".curves");
  const slider = find("input"),
    status = find(".status"),
    readout = new Readout(find(".readout"));
  /** @type {any} */
  let data = null;
  let t = 0,
    shape = "",
    rest = 0,
    width = 0,
    logBeta = true;
  /** @type {[number, number] | null} */
  let zoom = null;
  /** @type {Map<string, Plot>} */
  const plots = new Map();

  function addPlot(key) {
    const plot = new Plot(key, find("template"), { move, zoom: rescale });
    if (key === "beta") plot.find(".tools").append(scaleButton());
    find(".plots").append(plot.figure);
    plots.set(key, plot);
  }

  function scaleButton() {
    const toggle = makeButton();
    const show = () => {
      toggle.textContent = say(logBeta ? "schedule.log_y" : "schedule.linear_y");
      toggle.setAttribute("aria-pressed", String(logBeta));
    };
    toggle.title = say("schedule.y_scale");
    toggle.addEventListener("click", () => {
      logBeta = !logBeta;
      show();
      draw();
    });
    show();
    return toggle;
  }

  function rescale(range) {
    zoom = range && range[1] - range[0] > 0 ? range : null;
    draw();
  }

  const hover = (from, at) => {
    for (const plot of plots.values()) if (at === null || plot !== from) plot.place(plot.ghost, at);
  };

  function draw() {
    if (!data || !data.T || !root.clientWidth) return;
    const Plotly = plotlyFor(status, draw);
    if (!Plotly) return;
    const drawOne = (key, plot) => {
      const layout = layoutOf(key, data, root, plot.area.clientWidth, { zoom, logBeta });
      const traces = tracesOf(key, data, root, layout.yaxis.type === "log", zoom);
      fitHeight(layout, traces, zoom);
      plot.all.hidden = !zoom;
      plot.draw(Plotly, traces, layout, data.T, hover);
    };
    const end = () => {
      root.classList.remove("sketching");
      place();
    };
    inTurn([
      ...[...plots].map(
        ([key, plot]) =>
          () =>
            drawOne(key, plot),
      ),
      end,
    ]);
  }

  // On the axes as they were drawn, also where T is another by now.
  function sketch() {
    inTurn([]);
    root.classList.add("sketching");
    for (const plot of plots.values()) plot.sketchCurves(data);
  }

  const inTurn = onePerFrame();
  let pending = draw;
  const soon = nextFrame(() => pending());
  const redraw = (how = draw) => {
    clearTimeout(rest);
    if (how === sketch) rest = setTimeout(redraw, REST_MS);
    pending = how;
    soon();
  };

  // Everything that depends on t alone: no server, no redraw.
  function place() {
    if (!data || !data.T) return;
    slider.value = t;
    slider.setAttribute(
      "aria-valuetext",
      (find(".value").textContent = say("schedule.slider_value", { t, T: data.T })),
    );
    readout.show(t);
    root.style.setProperty("--at", `${(100 * t) / data.T}%`);
    const { tables } = data.schedules[0];
    for (const [key, plot] of plots) {
      plot.place(plot.marker, t);
      const own = data.figures[key].data.filter(({ meta }) => meta.schedule === 0).map(({ meta }) => meta.table);
      const values = own.map((table) => `${say(`schedule.col_${table}`)} = ${number(tables[table][t])}`).join(", ");
      const title = say(`schedule.${key}_title`);
      plot.gd.setAttribute("aria-label", say("schedule.plot_label", { title, t, values }));
    }
  }

  function move(to) {
    t = Math.max(0, Math.min(data.T, to));
    place();
    moveT(t, element);
  }

  const tabulate = () => readout.build(data, plots.values(), root.clientWidth >= 760);

  // The settings have changed. What they cannot make is said, and the last curves stay.
  function update() {
    const tell = (problem) => {
      root.setAttribute("aria-busy", String(isAwaited(problem)));
      tellRefusal(find(".problem"), problem, !!data.T);
      root.classList.toggle("is-empty", !data.T && !isAwaited(problem));
    };
    const schedules = tried(() => shownSchedules(settings), tell),
      { T } = settings;
    if (!schedules) return;
    tellRefusal(find(".problem"), null, true);
    root.classList.remove("is-empty");
    root.removeAttribute("aria-busy");
    const isDrawn = [...plots.values()].every(({ traces }) => traces);
    if (data.T !== T) {
      zoom = null;
      data.steps = plottedSteps(T, data.most_points);
    }
    Object.assign(data, { T, schedules });
    t = Math.min(wantedT(settings.t), T);
    slider.max = T;
    judge(schedules[0].tables, T);
    const now = JSON.stringify(schedules.map(({ key, form }) => [key, form])),
      isSame = now === shape;
    if (!isSame) tabulate();
    shape = now;
    place();
    redraw(isSame && isDrawn ? sketch : draw);
  }

  function judge({ sqrt_alpha_bar: roots, snr }, T) {
    const left = roots[T],
      verdict = find(".verdict");
    const kind = left === 0 ? "none" : left <= TRACE ? "trace" : left <= SOME ? "some" : "much";
    verdict.style.setProperty("--c", `var(${VERDICTS[kind]})`);
    write(verdict.children[1], say("schedule.verdict", { T, root: number(left, 3), snr: number(snr[T], 3) }));
    write(verdict.children[2], say(`schedule.verdict_${kind}`));
  }

  slider.addEventListener("input", () => move(+slider.value));
  slider.setAttribute("aria-label", say("schedule.slider"));
  onT(element, (to) => {
    if (!data || !data.T) return;
    t = Math.max(0, Math.min(data.T, to));
    place();
  });
  onResize(root, () => {
    if (root.clientWidth === width || !(width = root.clientWidth)) return;
    if (data && data.T) {
      tabulate();
      place();
    }
    redraw();
  });
  // Light ↔ dark: other colours, same data.
  onGround(element, () => redraw());
  data = JSON.parse(props.value || "{}");
  Object.keys(data.figures).forEach(addPlot);
  onSchedules(component, ["compare"], update);
}
