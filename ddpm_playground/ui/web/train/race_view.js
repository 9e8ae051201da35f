// What the families have in common on screen: names, colours, plots, paths and numbers.
import { number } from "../core/number.js";
import { sharp } from "../draw/canvas.js";
import { colourOf, dressed, drawFigure } from "../draw/plots.js";
import { swatch } from "../draw/schedule_key.js";
import { make, typeset } from "../page/dom.js";
import { say } from "../page/words.js";

/** @type {Record<string, [string, string]>} a colour and a dash each */
export const LOOKS = {
  epsilon: ["--sym-eps", "solid"],
  sample: ["--sym-x-0", "solid"],
  v_prediction: ["--sym-x-t", "solid"],
  flow_velocity: ["--sym-x-hat-0", "solid"],
  exact: ["--muted", "dash"],
};
export const nameOf = (key) => say(`train.says_${key}`);

export const raceKeys = (rows) =>
  rows.map(({ name }) => {
    const [css, dash] = LOOKS[name];
    return make("span", "", swatch(css, dash), make("b", "", ...typeset(nameOf(name))));
  });

/** Cells of the table: steps that are enough, how bent the paths are, and the spread of the ends. */
export const cellsOf = ({ steps_enough: enough, straightness, spread_of_sde: spread }) => [
  enough === null ? "–" : String(enough),
  number(straightness, 3),
  number(spread, 3),
];

const curvesOf = (root, { rows, log_snr: logSnr, steps }) => {
  const curve = (x, key) =>
    rows.map((row) => {
      const [css, dash] = LOOKS[row.name],
        line = { width: 2, dash, color: colourOf(root, css) };
      return { x, y: row[key], mode: "lines", line, name: nameOf(row.name), hovertemplate: "%{y:.3~g}<extra></extra>" };
    });
  return { error: curve(logSnr, "eps_error"), energy: curve(steps, "energy") };
};

export const drawRace = (Plotly, root, figures, told) => {
  const traces = curvesOf(root, told);
  for (const gd of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".gd"))) {
    const name = gd.dataset.plot || "",
      layout = dressed(figures[name], root, gd.clientWidth);
    layout.dragmode = false;
    if (name === "energy") Object.assign(layout.xaxis, { tickvals: told.steps, ticktext: told.steps.map(String) });
    for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = say(axis.title.text.slice(1));
    drawFigure(Plotly, gd, traces[name], layout);
  }
};

/**
 * The chains of the ODE and of the SDE from the same starts.
 * @param {HTMLCanvasElement} canvas
 * @param {{ paths: number, reach: number }} start
 * @param {Float32Array} ode pairs of `paths` points, one time after the other, the noise first
 * @param {Float32Array} sde likewise
 */
export const drawPaths = (canvas, { paths, reach }, ode, sde) => {
  const sheet = sharp(canvas);
  if (!sheet) return;
  const { pen, width } = sheet,
    far = 1.5 * reach,
    place = (v) => ((v + far) / (2 * far)) * width;
  const walk = (points, css, thick, alpha) => {
    pen.strokeStyle = pen.fillStyle = colourOf(canvas, css);
    pen.lineWidth = thick;
    for (let k = 0; k < paths; k++) {
      pen.globalAlpha = alpha;
      pen.beginPath();
      for (let i = 2 * k; i < points.length; i += 2 * paths) pen.lineTo(place(points[i]), width - place(points[i + 1]));
      pen.stroke();
      pen.globalAlpha = 1;
      for (const [i, size] of [
        [2 * k, 3],
        [points.length - 2 * paths + 2 * k, 5],
      ]) {
        pen.beginPath();
        pen.arc(place(points[i]), width - place(points[i + 1]), size, 0, 7);
        pen.fill();
      }
    }
  };
  walk(sde, "--sym-sigma-z", 1, 0.7);
  walk(ode, "--sym-x-hat-0", 2.4, 1);
};
