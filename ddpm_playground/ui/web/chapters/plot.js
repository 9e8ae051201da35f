// A plot of a chapter, drawn when its turn has come.
import { colourOf, drawFigure, dressed, plotlyFor, subscripted } from "../draw/plots.js";
import { swatch } from "../draw/schedule_key.js";
import { make, typeset, write } from "../page/dom.js";
import { onResize } from "../page/life.js";
import { noted, said, spoken } from "./words.js";

/**
 * @param {HTMLElement} box
 * @param {import("../page/pace.js").Pace} pace
 * @returns {(block: import("../protocol").PlotBlock) => void}
 */
export const makePlot = (box, pace) => {
  const title = box.appendChild(make("h3")),
    keys = box.appendChild(make("div", "keys")),
    gd = box.appendChild(make("div", "gd")),
    status = box.appendChild(make("p", "status")),
    note = noted(box);
  gd.setAttribute("role", "img");
  /** @type {any} */
  let now = null,
    width = 0,
    keyed = "";
  const key = (traces) => {
    const text = JSON.stringify(
      traces.map(({ name, meta, line, type }) => [said(name), meta.colour, line?.dash, type]),
    );
    if (text === keyed) return;
    keyed = text;
    keys.replaceChildren(
      ...traces.map(({ name, meta, line, type }) =>
        make(
          "span",
          "",
          swatch(meta.colour, line?.dash || "solid", type === "bar" ? 7 : 2.5),
          make("span", "", ...typeset(said(name))),
        ),
      ),
    );
  };
  const draw = () => {
    if (!now || !width) return;
    const Plotly = plotlyFor(status, later);
    if (!Plotly) return;
    const { data, layout: plain } = now.figure,
      layout = dressed(plain, box, width);
    layout.dragmode = false;
    for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = subscripted(said(axis.title.text));
    for (const shape of layout.shapes || []) shape.line.color = colourOf(box, "--muted");
    const traces = data.map((trace) => {
      const colour = colourOf(box, trace.meta.colour);
      return {
        ...trace,
        name: said(trace.name),
        line: { ...trace.line, color: colour },
        marker: { ...trace.marker, color: colour, size: trace.type === "bar" ? undefined : 7 },
        fillcolor: `${colour}33`,
      };
    });
    drawFigure(Plotly, gd, traces, layout);
    gd.setAttribute("aria-label", `${spoken(now.title)}: ${traces.map(({ name }) => name).join(", ")}`);
  };
  const later = () => pace.put(gd, box, draw);
  // Its own words may make a card higher or lower: no reason to draw. Asking for a width at every draw costs a layout.
  onResize(box, () => {
    if (gd.clientWidth === width) return;
    width = gd.clientWidth;
    later();
  });
  return (block) => {
    now = block;
    gd.style.height = `${block.figure.layout.height}px`;
    write(title, spoken(block.title));
    note(block.note);
    key(block.figure.data);
    if (width) later();
  };
};
