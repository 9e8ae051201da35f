// A figure from Python whose curves name the variable of their colour.
import { make, write } from "../page/dom.js";
import { colourOf, drawFigure, dressed, subscripted } from "./plots.js";
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
  for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = subscripted(axis.title.text);
  const traces = figure.data.map((trace) => ({
    ...trace,
    name: subscripted(trace.name),
    hovertemplate: subscripted(trace.hovertemplate),
    line: { ...trace.line, color: colourOf(root, trace.meta.colour) },
  }));
  drawFigure(Plotly, gd, traces, layout);
  const card = gd.closest(".card");
  gd.setAttribute("aria-label", card.querySelector("h3").textContent);
  card
    .querySelector(".keys")
    .replaceChildren(
      ...figure.data.map(({ name, meta, line }) =>
        make("span", "", swatch(meta.colour, line.dash), write(make("span"), name)),
      ),
    );
};
