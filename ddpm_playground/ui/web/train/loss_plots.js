// The loss step by step, and by t.
import { number } from "../core/number.js";
import { colourOf, dressed, drawFigure } from "../draw/plots.js";
import { say } from "../page/words.js";

export const HELD = "--sym-x-t";
const HOVER = "%{y:.4~g}<extra></extra>";

const tracesOf = (root, told) => {
  const { curve, by_t: byT, T, probes = [] } = told;
  const muted = colourOf(root, "--muted"),
    eps = colourOf(root, "--sym-eps"),
    x = curve.map(([step]) => step);
  const marker = { size: 3, opacity: 0.45, color: muted };
  const raw = { x, y: curve.map(([, one]) => one), mode: "markers", marker, hovertemplate: HOVER };
  const line = { width: 2.5, color: eps };
  const smooth = { x, y: curve.map(([, , one]) => one), mode: "lines", line, hovertemplate: HOVER };
  const held = { x: probes.map(([step]) => step), y: probes.map(([, one]) => one), mode: "lines" };
  Object.assign(held, { line: { width: 2.5, color: colourOf(root, HELD) }, hovertemplate: HOVER });
  // What the exact ε of the points has: no network can have less on them.
  const floor = (one, css) => {
    const ends = x.length && one !== undefined ? [0, x[x.length - 1]] : [];
    const dashes = { width: 1.5, dash: "dash", color: colourOf(root, css) };
    return { x: ends, y: ends.map(() => one), mode: "lines", line: dashes, hovertemplate: HOVER };
  };
  const gap = { x: told.levels || [], y: told.distance || [], mode: "lines+markers", line, hovertemplate: HOVER };
  const middles = byT.map((_, i) => ((i + 0.5) * T) / byT.length);
  const bars = { type: "bar", x: middles, y: byT, marker: { color: eps }, hovertemplate: `t ≈ %{x:.0f}: ${HOVER}` };
  const loss = [raw, smooth, held, floor(told.exact_train, "--sym-eps"), floor(told.exact_held, HELD)];
  return { loss, by_t: [bars], gap: [gap] };
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
  gap: [
    [0, 200],
    [-4, 0.2],
  ],
};
// Over few decades 1, 2 and 5 of each are labelled, as plain numbers: Plotly sets such ones too small to read.
const FEW_DECADES = 2.2,
  BESIDE = 0.1;
const labelled = (/** @type {any} */ axis, /** @type {number[]} */ [low, high]) => {
  if (axis.type !== "log" || !(high - low < FEW_DECADES)) return axis;
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const ticks = powers
    .flatMap((power) => [1, 2, 5].map((digit) => +`${digit}e${power}`))
    .filter((v) => Math.log10(v) >= low - BESIDE && Math.log10(v) <= high + BESIDE);
  const { dtick, ...rest } = axis;
  return ticks.length > 1 ? { ...rest, tickvals: ticks, ticktext: ticks.map(String) } : { ...rest, dtick };
};
const spanOf = (/** @type {any[]} */ traces) => {
  const logs = traces.flatMap(({ y }) => [...y]).filter((v) => v > 0);
  return [Math.log10(Math.min(...logs)), Math.log10(Math.max(...logs))];
};
const empty = (axis, range) => ({ ...axis, range, autorange: false });

/**
 * Each plot in a frame of its own: all of them at once would hold up what is under the finger.
 * @param {import("../page/pace.js").Pace} pace
 * @param {any} Plotly
 * @param {HTMLElement} root
 * @param {Record<string, any>} figures empty layouts
 * @param {any} told what the run has told
 */
export const drawLosses = (pace, Plotly, root, figures, told) => {
  const traces = tracesOf(root, told),
    loss = told.loss === undefined ? say("train.no_loss") : number(told.loss);
  const draw = (/** @type {HTMLElement} */ gd) => {
    if (!gd.clientWidth) return; // what is not for these data
    const name = gd.dataset.plot || "",
      layout = dressed(figures[name], root, gd.clientWidth);
    layout.dragmode = false;
    const isEmpty = !traces[name][0].x.length;
    layout.yaxis = labelled(layout.yaxis, isEmpty ? EMPTY[name][1] : spanOf(traces[name]));
    if (isEmpty)
      Object.assign(
        layout,
        { xaxis: empty(layout.xaxis, EMPTY[name][0]) },
        { yaxis: empty(layout.yaxis, EMPTY[name][1]) },
      );
    for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = say(axis.title.text.slice(1));
    drawFigure(Plotly, gd, traces[name], layout);
    gd.setAttribute("aria-label", `${gd.parentElement?.querySelector("h3, h4")?.textContent}: ${loss}`);
  };
  for (const gd of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".gd")))
    if (gd.dataset.plot && traces[gd.dataset.plot]) pace.put(gd, gd, () => draw(gd));
};
