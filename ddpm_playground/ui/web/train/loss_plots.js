// The loss step by step, and by t.
import { number } from "../core/number.js";
import { colourOf, dressed, drawFigure } from "../draw/plots.js";
import { say } from "../page/words.js";

const HOVER = "%{y:.4~g}<extra></extra>";

const tracesOf = (root, { curve, by_t: byT, T }) => {
  const muted = colourOf(root, "--muted"),
    eps = colourOf(root, "--sym-eps"),
    x = curve.map(([step]) => step);
  const marker = { size: 3, opacity: 0.45, color: muted };
  const raw = { x, y: curve.map(([, one]) => one), mode: "markers", marker, hovertemplate: HOVER };
  const line = { width: 2.5, color: eps };
  const smooth = { x, y: curve.map(([, , one]) => one), mode: "lines", line, hovertemplate: HOVER };
  const middles = byT.map((_, i) => ((i + 0.5) * T) / byT.length);
  const bars = { type: "bar", x: middles, y: byT, marker: { color: eps }, hovertemplate: `t ≈ %{x:.0f}: ${HOVER}` };
  return { loss: [raw, smooth], by_t: [bars] };
};

// What the axes span before anything is known; of a logarithm, its exponents.
const EMPTY = {
  loss: [
    [0, 600],
    [-1.4, 0.2],
  ],
  by_t: [
    [0, 200],
    [0, 1],
  ],
};
const empty = (axis, range) => ({ ...axis, range, autorange: false });

/**
 * @param {any} Plotly
 * @param {HTMLElement} root
 * @param {Record<string, any>} figures empty layouts
 * @param {any} told what the run has told
 */
export const drawLosses = (Plotly, root, figures, told) => {
  const traces = tracesOf(root, told),
    loss = told.loss === undefined ? say("train.no_loss") : number(told.loss);
  for (const gd of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".gd"))) {
    const name = gd.dataset.plot || "",
      layout = dressed(figures[name], root, gd.clientWidth);
    layout.dragmode = false;
    if (!told.curve.length)
      Object.assign(
        layout,
        { xaxis: empty(layout.xaxis, EMPTY[name][0]) },
        { yaxis: empty(layout.yaxis, EMPTY[name][1]) },
      );
    for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = say(axis.title.text.slice(1));
    drawFigure(Plotly, gd, traces[name], layout);
    gd.setAttribute("aria-label", `${gd.parentElement?.querySelector("h3")?.textContent}: ${loss}`);
  }
};
