// What Plotly draws of the schedules: Python's empty figures, filled with the tables of the settings.
import { colourOf, dressed, plottedSteps, subscripted } from "../draw/plots.js";
import { nameOf } from "../draw/schedule_key.js";
import { say } from "../page/words.js";

/** @typedef {[number, number] | null} Zoom stretch of t that is seen; null: all of it */

/** Zoomed in, every step that is seen and the next at either side, as far as there is room for all. */
const shownSteps = ({ steps, most_points: most }, /** @type {Zoom} */ zoom) => {
  if (!zoom) return steps;
  const low = Math.floor(zoom[0]),
    high = Math.ceil(zoom[1]);
  const inside = plottedSteps(high - low, most).map((t) => t + low);
  return [...steps.filter((t) => t < low), ...inside, ...steps.filter((t) => t > high)];
};

export const layoutOf = (key, data, root, width, { zoom, logBeta }) => {
  const layout = dressed(data.figures[key].layout, root, width);
  layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
  layout.xaxis.range = zoom || [0, data.T];
  layout.xaxis.title.text = subscripted(say("schedule.x"));
  layout.yaxis.title.text = subscripted(say(`schedule.${key}_y`));
  if (key === "beta" && !logBeta)
    Object.assign(layout.yaxis, { type: "linear", rangemode: "tozero", dtick: null, exponentformat: "none" });
  return layout;
};

export const tracesOf = (key, data, root, log, /** @type {Zoom} */ zoom) => {
  const mode = data.T <= data.few_steps ? "lines+markers" : "lines",
    steps = shownSteps(data, zoom);
  const fits = data.figures[key].data.filter(({ meta }) => meta.schedule < data.schedules.length);
  return fits.map((trace) => {
    const { schedule, table, colour } = trace.meta,
      values = data.schedules[schedule].tables[table];
    const x = steps.filter((t) => Number.isFinite(values[t]) && !(log && values[t] <= 0)),
      y = x.map((t) => values[t]);
    const line = { ...trace.line, color: colourOf(root, colour) };
    return { ...trace, mode, x, y, name: nameOf(data.schedules[schedule]), line };
  });
};

/** Zoomed in t, the height follows what is seen, so that tails can be read. */
export const fitHeight = (layout, traces, /** @type {Zoom} */ zoom) => {
  if (!zoom) return;
  const log = layout.yaxis.type === "log";
  let low = Infinity,
    high = -Infinity;
  for (const { x, y } of traces)
    x.forEach((t, i) => {
      if (t < zoom[0] || t > zoom[1]) return;
      const value = log ? Math.log10(y[i]) : y[i];
      low = Math.min(low, value);
      high = Math.max(high, value);
    });
  const pad = 0.06 * (high - low) || 0.01 * Math.abs(high) || 0.01;
  if (low <= high) layout.yaxis.range = [low - pad, high + pad];
};
