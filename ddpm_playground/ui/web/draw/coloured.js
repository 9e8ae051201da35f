// A figure from Python whose curves name the variable of their colour.
import { make } from "../page/dom.js";
import { colourOf, drawFigure, dressed } from "./plots.js";
import { swatch } from "./schedule_key.js";

/**
 * Draws it in the page's colours, with its keys above where the card has a place for them.
 * @param {any} Plotly
 * @param {Element} root whose colours hold
 * @param {any} gd
 * @param {any} figure
 */
export const drawColoured = (Plotly, root, gd, figure) => {
  const layout = dressed(figure.layout, root, gd.clientWidth);
  layout.dragmode = false;
  const traces = figure.data.map((trace) => ({
    ...trace,
    line: { ...trace.line, color: colourOf(root, trace.meta.colour) },
  }));
  drawFigure(Plotly, gd, traces, layout);
  const card = gd.closest(".card");
  gd.setAttribute("aria-label", card.querySelector("h3").textContent);
  card
    .querySelector(".keys")
    .replaceChildren(...traces.map(({ name, meta, line }) => make("span", "", swatch(meta.colour, line.dash), name)));
};
