// A run as files that the browser makes from the frames it has: a video, and a strip of chosen t for a paper. It comes
// when the first file is asked for.
import { paintPicture, gridFor } from "../draw/picture_grid.js";
import { cloudGrid, drawCloud, CLOUD } from "../draw/cloud.js";
import { fileOf, save, Sheet } from "../draw/paper.js";
import { fitting, recorded } from "../draw/video.js";
import { decode } from "../core/half.js";
import { number } from "../core/number.js";
import { make } from "../page/dom.js";
import { say } from "../page/words.js";
import { Still } from "./frames.js";
import { runTitle } from "./run_title.js";

export { fileOf, save };

const MOST_FRAMES = 192,
  PANEL = 480,
  TITLE = 44,
  HEAD = TITLE + 64,
  EDGE = 24;

/** `count` of the numbers 0…last, evenly, both ends among them. */
const even = (count, last) => [
  ...new Set(Array.from({ length: count }, (_, i) => Math.round((i * last) / (count - 1 || 1)))),
];

/**
 * Which frames a strip shows: evenly in t, or in log SNR, whose ends at t = 0 and ᾱ = 0 are infinite and are shown as
 * they are.
 * @param {import("./frames.js").Film} film
 */
export const chosenFrames = (film, count, spacing) => {
  const last = film.length - 1;
  if (spacing !== "log_snr" || last < 2) {
    const ts = film.frames.map((frame) => film.tOf(frame)),
      wanted = even(count, ts[0] - ts[last]).map((gone) => ts[0] - gone);
    return [...new Set(wanted.map((t) => nearest(ts, t)))];
  }
  const logs = film.frames.map(({ k }) => {
    const alphaBar = k < film.steps.length ? film.steps[k].alpha_bar : 1;
    return Math.log(alphaBar) - Math.log(1 - alphaBar);
  });
  const finite = logs.filter(Number.isFinite),
    [low, high] = [Math.min(...finite), Math.max(...finite)];
  const inner = Array.from({ length: count - 1 }, (_, i) => low + ((high - low) * i) / Math.max(1, count - 2));
  return [...new Set([...inner.map((v) => nearest(logs, v)), last])].sort((a, b) => a - b);
};
const nearest = (values, wanted) =>
  values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);

// Draws x_t and x̂_0 of a frame, each on a canvas of its own.
class Painter {
  constructor({ film, about }) {
    this.film = film;
    /** @type {any} */
    this.still = new Still(film, about);
    this.isCloud = Boolean(about.planar);
    this.grid = this.isCloud ? cloudGrid(film.shape[0]) : gridFor(film.shape, (about.labels || []).length > 0);
    this.colours = about.colours || null;
    const { width, height } = this.grid;
    this.sheets = ["x_t", "x_hat_0"].map(() => Object.assign(make("canvas"), { width, height }));
  }

  draw(i) {
    const { still, grid, sheets } = this;
    still.look(i, false);
    const { x } = still.frame,
      both = [decode(x, new Float32Array(x.length)), still.xHat0];
    sheets.forEach((sheet, k) => {
      const pen = sheet.getContext("2d"),
        values = both[k];
      if (this.isCloud) {
        const colours = { point: "#3b2fa0", way: "#3b2fa0", line: "#666" };
        pen.fillStyle = "#fff";
        pen.fillRect(0, 0, grid.width, grid.height);
        if (values) drawCloud(pen, values, { reach: CLOUD.reach, ways: [], colours });
        return;
      }
      if (!values) return void pen.clearRect(0, 0, grid.width, grid.height);
      const image = pen.createImageData(grid.width, grid.height);
      paintPicture(new Uint32Array(image.data.buffer), grid, values, this.colours);
      pen.putImageData(image, 0, 0);
    });
    return sheets;
  }
}

// One picture of the video: what made the run, both panels, their symbols, t and its way.
const compose = (stage, sheets, t, first, font, title) => {
  const pen = stage.getContext("2d"),
    { width, height } = stage;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingEnabled = sheets[0].width > PANEL;
  pen.fillStyle = "#181c24";
  fitting(pen, title, 24, width - 2 * EDGE, font);
  pen.fillText(title, EDGE, TITLE - 10);
  ["x", "x̂"].forEach((symbol, k) => {
    const x = EDGE + k * (PANEL + EDGE);
    pen.font = `600 30px ${font}`;
    pen.fillText(symbol, x, TITLE + 42);
    const { width: wide } = pen.measureText(symbol);
    pen.font = `600 20px ${font}`;
    pen.fillText(k ? "0" : "t", x + wide + 1, TITLE + 49);
    const scale = PANEL / Math.max(sheets[k].width, sheets[k].height);
    pen.drawImage(sheets[k], x, HEAD, sheets[k].width * scale, sheets[k].height * scale);
  });
  pen.font = `28px ${font}`;
  pen.fillText(`t = ${t}`, EDGE, height - 30);
  pen.fillStyle = "#d5dae2";
  pen.fillRect(EDGE, height - 14, width - 2 * EDGE, 5);
  pen.fillStyle = "#181c24";
  pen.fillRect(EDGE, height - 14, (width - 2 * EDGE) * (first ? 1 - t / first : 1), 5);
};

/** The run as a video, written at the speed at which it plays. @returns {Promise<Blob>} */
export const videoOf = (run, onProgress) => {
  const { film } = run,
    painter = new Painter(run);
  const { width, height } = painter.grid,
    high = Math.ceil((PANEL * height) / Math.max(width, height));
  const stage = Object.assign(make("canvas"), {
    width: 2 * PANEL + 3 * EDGE,
    height: 2 * Math.ceil((HEAD + high + 64) / 2),
  });
  const font = getComputedStyle(document.body).fontFamily,
    frames = even(Math.min(film.length, MOST_FRAMES), film.length - 1),
    first = film.tOf(film.frames[0]);
  const title = runTitle(run.about),
    show = (i) => compose(stage, painter.draw(frames[i]), film.tOf(film.frames[frames[i]]), first, font, title);
  return recorded(stage, frames.length, show, onProgress);
};

/** x_t and x̂_0 at a few t, one beneath the other, as an SVG for a paper. */
export const stripOf = (run, count, spacing, look) => {
  const { film } = run,
    painter = new Painter(run),
    chosen = chosenFrames(film, count, spacing),
    cell = Math.max(84, Math.min(220, Math.ceil(1200 / chosen.length)));
  const sheet = new Sheet(64 + chosen.length * (cell + 16), look);
  const name = say("player.strip_title", { spacing: say(`player.strip_${spacing}`) }).replace(/_(\w)/g, "_{$1}");
  sheet.text(name, 18, { weight: 600 });
  sheet.text(runTitle(run.about), 14, { colour: look.muted });
  const rows = chosen.map((i) => {
    const step = film.steps[film.frames[i].k],
      t = film.tOf(film.frames[i]);
    const logSnr = step ? number(Math.log(step.alpha_bar) - Math.log(1 - step.alpha_bar), 3) : "∞";
    return painter.draw(i).map((canvas) => ({
      url: canvas.toDataURL("image/png"),
      t,
      logSnr,
      width: canvas.width,
      height: canvas.height,
      isPixels: true,
    }));
  });
  ["x_{t}", "x̂_{0}"].forEach((symbol, k) => {
    sheet.text(symbol, 16, { weight: 600 });
    sheet.pictures(
      rows.map((both) => ({
        ...both[k],
        above: [],
        under: k ? [] : [`t = ${both[k].t}`, `log SNR ${both[k].logSnr}`],
      })),
      cell,
    );
  });
  return { svg: sheet.svg(name), count: chosen.length };
};
