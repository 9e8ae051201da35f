// The three plots of the schedule under examination, beside what it was trained with, references and sampling's visits.
import { float64 } from "../core/base64.js";
import { tablesFrom } from "../core/formulas.js";
import { colourOf, dressed, drawFigure, plotlyFor, plottedSteps, subscripted } from "../draw/plots.js";
import { curvePath, FEW_POINTS } from "../draw/sketch.js";
import { finder, write } from "../page/dom.js";
import { onePerFrame } from "../page/life.js";
import { say } from "../page/words.js";
import { samplingTrace } from "./sampling.js";

export const PLOTTED = ["log_snr", "alpha_bar", "beta"];

/** Whether a curve is drawn through this value. */
export const isDrawn = (/** @type {string} */ key, /** @type {number} */ v) =>
  Number.isFinite(v) && !(key === "beta" && v <= 0);

export class LabPlots {
  /**
   * @param {HTMLElement} root
   * @param {import("../protocol").LabStart} start
   * @param {() => any[]} references those shown beside
   * @param {() => void} drawn called once the plots are drawn anew
   */
  constructor(root, start, references, drawn) {
    this.root = root;
    this.start = start;
    this.references = references;
    this.drawn = drawn;
    this.subject = null;
    this.tables = null;
    this.isEdited = false;
    this.inTurn = onePerFrame();
    this.find = finder(root);
    /** The stretch of t that a finding is about. @type {[number, number] | null} */
    this.marked = null;
    /** @type {Map<string, any>} */
    this.plots = new Map(PLOTTED.map((key) => [key, this.frame(key)]));
  }

  frame(key) {
    const figure = this.find("template").content.firstElementChild.cloneNode(true),
      find = finder(figure);
    write(find("h3"), say(`schedule.${key}_title`));
    figure.dataset.plot = key;
    this.find(".plots").append(figure);
    return { area: find(".area"), gd: find(".gd"), svg: find("svg"), path: find("path"), handles: find(".handles") };
  }

  /** What is shown from the next drawing on. */
  show(subject, tables, isEdited) {
    Object.assign(this, { subject, tables, isEdited });
  }

  /** Marks the stretch of t that a finding is about; null: none. */
  mark(where) {
    this.marked = where;
    for (const { area, box } of this.plots.values()) {
      const band = area.querySelector(".where");
      band.style.display = where && box ? "block" : "none";
      if (!where || !box) continue;
      const [low, high] = where.map((t) => box.left + (box.width * t) / this.subject.T);
      const at = { left: low - 2, width: Math.max(0, high - low), top: box.top, height: box.height };
      for (const [side, v] of Object.entries(at)) band.style[side] = `${v}px`;
    }
  }

  traces(key) {
    const { subject, tables, start, root } = this;
    // What it was trained with lies beside it, like a reference.
    const trained = subject.trained && {
      ...subject.trained,
      tables: tablesFrom(float64(subject.trained.betas)),
      title: say("lab.trained_curve", { name: subject.trained.name }),
    };
    const own = { T: subject.T, tables, name: subject.name };
    const shown = [own, ...(trained ? [trained] : []), ...this.references()].slice(0, start.most);
    const fits = start.figures[key].data.filter(({ meta }) => meta.schedule < shown.length && meta.table === key);
    const drawn = fits.map((trace) => {
      const one = shown[trace.meta.schedule],
        isOwn = one === own,
        values = one.tables[key];
      const ts = plottedSteps(one.T, start.most_points).filter((t) => isDrawn(key, values[t]));
      const color = colourOf(root, `--series-${trace.meta.schedule}`);
      return {
        ...trace,
        x: ts.map((t) => (t * subject.T) / one.T),
        y: ts.map((t) => values[t]),
        name: one.title || one.name,
        mode: subject.T <= start.few_steps && isOwn ? "lines+markers" : "lines",
        opacity: 1,
        line: { ...trace.line, width: isOwn ? 2.5 : 1.75, color },
      };
    });
    return this.isEdited ? drawn : [...drawn, ...samplingTrace(root, key, subject, drawn[0])];
  }

  draw() {
    const { subject, start, root } = this;
    if (!subject || !root.clientWidth) return;
    const Plotly = plotlyFor(this.find(".plots-status"), () => this.draw());
    if (!Plotly) return;
    const drawOne = (/** @type {string} */ key, /** @type {any} */ plot) => {
      const layout = dressed(start.figures[key].layout, root, plot.area.clientWidth);
      layout.xaxis.range = [0, subject.T];
      layout.xaxis.title.text = subscripted(say("schedule.x"));
      layout.yaxis.title.text = subscripted(say(`schedule.${key}_y`));
      layout.dragmode = false;
      drawFigure(Plotly, plot.gd, this.traces(key), layout);
      const { l: left, t: top, w: width, h: height } = plot.gd._fullLayout._size;
      plot.box = { left, top, width, height };
      plot.axis = plot.gd._fullLayout.yaxis;
      for (const [side, v] of Object.entries(plot.box)) plot.svg.style[side] = `${v}px`;
      plot.path.setAttribute("d", "");
      const title = say(`schedule.${key}_title`);
      plot.gd.setAttribute("aria-label", say("lab.plot_label", { title, name: subject.name }));
    };
    const end = () => {
      root.classList.remove("dragging");
      this.mark(this.marked);
      this.drawn();
    };
    this.inTurn([
      ...[...this.plots].map(
        ([key, plot]) =>
          () =>
            drawOne(key, plot),
      ),
      end,
    ]);
  }

  /** The curve as it stands under the finger, above the plots; they are drawn anew when it rests. */
  sketch(tables) {
    this.inTurn([]);
    this.root.classList.add("dragging");
    const steps = plottedSteps(this.subject.T, FEW_POINTS);
    for (const [key, { path, box, axis }] of this.plots)
      path.setAttribute("d", curvePath(steps, tables[key], { low: 0, high: this.subject.T, width: box.width }, axis));
  }
}
