// One plot over t: its frame, the marker at t that can be dragged, and curves sketched while something moves.
import { drawFigure } from "../draw/plots.js";
import { DASHES } from "../draw/schedule_key.js";
import { curvePath, sketchCurves } from "../draw/sketch.js";
import { finder, makeButton, write } from "../page/dom.js";
import { say } from "../page/words.js";

/** @typedef {{ move: (t: number) => void, zoom: (range: [number, number] | null) => void }} Heard */

export class Plot {
  /**
   * @param {string} key which quantity
   * @param {HTMLTemplateElement} template
   * @param {Heard} heard what the reader asks for
   */
  constructor(key, template, heard) {
    this.key = key;
    this.heard = heard;
    this.figure = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.find = finder(this.figure);
    this.area = this.find(".area");
    this.gd = this.find(".gd");
    this.sketch = this.find(".sketch");
    this.strip = this.find(".strip");
    this.ghost = this.find(".ghost");
    this.finger = this.find(".finger");
    this.marker = this.find(".marker");
    this.box = null;
    this.traces = null;
    this.axis = null;
    this.figure.dataset.plot = key;
    write(this.find("h3"), say(`schedule.${key}_title`));
    write(this.find("figcaption"), say(`schedule.${key}_note`));
    this.all = this.find(".tools").appendChild(makeButton("", say("schedule.zoom_out")));
    this.all.addEventListener("click", () => heard.zoom(null));
    this.hearPointers();
  }

  // A knob on the marker, a finger anywhere: both drag t. A click, not a zoom, puts it there.
  hearPointers() {
    const { heard } = this;
    for (const handle of [this.marker.firstElementChild, this.finger]) {
      handle.addEventListener("pointerdown", (event) => {
        handle.setPointerCapture(event.pointerId);
        event.stopPropagation();
        heard.move(this.tAt(event));
      });
      handle.addEventListener("pointermove", (event) => {
        if (handle.hasPointerCapture(event.pointerId)) heard.move(this.tAt(event));
      });
    }
    const clicked = (down) => (up) => {
      const far = Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY);
      if (down.button === 0 && this.box && far < 4) heard.move(this.tAt(up));
    };
    this.gd.addEventListener(
      "pointerdown",
      (down) => window.addEventListener("pointerup", clicked(down), { once: true }),
      true,
    );
  }

  tAt(event) {
    const { left, width, low, high } = this.box;
    return Math.round(low + ((event.clientX - this.area.getBoundingClientRect().left - left) / width) * (high - low));
  }

  /** Draws a figure, and lays everything else over it. `hover` is told where the pointer is; null: nowhere. */
  draw(Plotly, traces, layout, T, hover) {
    const isNew = !this.gd.data;
    drawFigure(Plotly, this.gd, traces, layout);
    if (isNew) this.hearPlotly(T, hover);
    this.T = T;
    const { l: left, t: top, w: width, h: height } = this.gd._fullLayout._size,
      [low, high] = layout.xaxis.range;
    Object.assign(this, { box: { left, top, width, height, low, high }, traces, axis: this.gd._fullLayout.yaxis });
    const px = (numbers) => Object.fromEntries(Object.entries(numbers).map(([name, v]) => [name, `${v}px`]));
    Object.assign(this.sketch.style, px({ left, top, width, height }));
    Object.assign(this.strip.style, px({ left, top: top + height - 1, width }));
    for (const line of [this.ghost, this.marker]) Object.assign(line.style, px({ top, height }));
    const bar = this.strip.firstElementChild.style;
    bar.width = `${(width * T) / (high - low)}px`;
    bar.transform = `translateX(${(-width * low) / (high - low)}px)`;
  }

  hearPlotly(T, hover) {
    this.T = T;
    this.gd.on("plotly_relayout", (change) => {
      const low = change["xaxis.range[0]"],
        high = change["xaxis.range[1]"];
      if (low !== undefined) this.heard.zoom([Math.max(0, low), Math.min(this.T, high)]);
    });
    this.gd.on("plotly_doubleclick", () => this.heard.zoom(null));
    this.gd.on("plotly_hover", ({ points }) => hover(this, points[0].x));
    this.gd.on("plotly_unhover", () => hover(this, null));
  }

  /** The curves as they stand under a knob, on the axes as last drawn: a frame's work, which Plotly is not. */
  sketchCurves({ steps, schedules }) {
    const attributes = this.traces.map(({ meta, line, opacity }) => ({
      d: curvePath(steps, schedules[meta.schedule].tables[meta.table], this.box, this.axis),
      stroke: line.color,
      "stroke-width": line.width,
      "stroke-dasharray": DASHES[line.dash],
      opacity,
    }));
    sketchCurves(this.sketch, attributes);
  }

  /** Puts the marker, or the ghost of another plot's pointer, at t; null hides it. */
  place(line, t) {
    if (!this.box) return;
    const { low, high, left, width } = this.box,
      isInside = t !== null && t >= low && t <= high;
    line.style.visibility = isInside ? "visible" : "hidden";
    if (isInside) line.style.transform = `translateX(${left + (width * (t - low)) / (high - low)}px)`;
  }
}
