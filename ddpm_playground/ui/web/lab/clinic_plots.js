// The plots of an examination: one for each quantity, over the log SNR.
import { colourOf, drawFigure, dressed, plotlyFor, subscripted } from "../draw/plots.js";
import { swatch } from "../draw/schedule_key.js";
import { finder, make, write } from "../page/dom.js";
import { onePerFrame, onGround, onResize } from "../page/life.js";
import { say } from "../page/words.js";

const PLOTTED = ["eps", "x_0", "calibration", "brightness", "chain"];

export class ClinicPlots {
  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} root
   * @param {(selector: string) => any} find
   */
  constructor(element, root, find) {
    this.root = root;
    this.find = find;
    this.inTurn = onePerFrame();
    /** @type {Record<string, any> | null} */
    this.figures = null;
    this.name = "";
    const frames = PLOTTED.map((key) => {
      const figure = find("template").content.firstElementChild.cloneNode(true),
        within = finder(figure);
      figure.dataset.plot = key;
      write(within("h3"), say(`clinic.${key}_title`));
      write(within("p"), say(`clinic.${key}_note`));
      within(".gd").setAttribute("aria-label", say("clinic.plot_empty"));
      return figure;
    });
    find(".plots").append(...frames);
    onResize(root, () => this.draw());
    onGround(element, () => this.draw());
  }

  /**
   * @param {Record<string, any>} figures
   * @param {string} name whose they are
   */
  show(figures, name) {
    Object.assign(this, { figures, name });
    this.draw();
  }

  draw() {
    const { root, figures } = this;
    if (!figures || !root.clientWidth) return;
    const Plotly = plotlyFor(this.find(".status"), () => this.draw());
    if (!Plotly) return;
    const drawOne = (/** @type {HTMLElement} */ frame) => {
      const within = finder(frame),
        gd = within(".gd"),
        { data, layout: plain } = figures[frame.dataset.plot || ""];
      if (!gd.clientWidth) return;
      const layout = dressed(plain, root, gd.clientWidth);
      Object.assign(layout, { dragmode: false, height: gd.clientHeight });
      for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = subscripted(axis.title.text);
      const traces = data.map((trace) => {
        const color = colourOf(root, trace.meta.colour);
        return { ...trace, line: { ...trace.line, color }, marker: { ...trace.marker, color } };
      });
      drawFigure(Plotly, gd, traces, layout);
      const title = within("h3").textContent;
      gd.setAttribute("aria-label", say("clinic.plot_label", { title, name: this.name }));
      const keys = traces.map(({ name, meta, line }) => make("span", "", swatch(meta.colour, line.dash), name));
      within(".keys").replaceChildren(...keys);
    };
    this.inTurn([...this.find(".plots").children].map((frame) => () => drawOne(frame)));
  }
}
