// A result's further files: those that the server writes of what it keeps, and a video of its strip.
import { save } from "../draw/paper.js";
import { fitting, recorded, videoKind } from "../draw/video.js";
import { number } from "../core/number.js";
import { make } from "../page/dom.js";
import { say } from "../page/words.js";

const EDGE = 20,
  HEAD = 40,
  FOOT = 56,
  PANEL = 300,
  HELD = 12, // of the video's frames, for which one picture of the strip stands
  INK = "#181c24";

/** @typedef {{ caption: string, panels: { name: string, canvases: HTMLCanvasElement[] }[] }} Frame */
/** @typedef {import("./keeping.js").What} Result */

/** One frame a column of the strip; rows of other lengths end together. @param {Result} what @returns {Frame[]} */
export const framesOf = ({ rows = [] }) => {
  const count = Math.min(...rows.map(({ pictures }) => pictures.length));
  return Array.from({ length: count }, (_, i) => {
    const columns = rows.map(({ name, pictures }) => ({ name, ...pictures[pictures.length - count + i] })),
      captions = new Set(columns.map(({ caption }) => caption));
    return {
      caption: [...captions].join(" · "),
      panels: columns.map(({ name, canvas }) => ({ name, canvases: [canvas] })),
    };
  });
};

/**
 * @param {HTMLCanvasElement} stage
 * @param {Frame[]} frames
 * @param {number} i
 */
const compose = (stage, frames, i) => {
  const pen = /** @type {CanvasRenderingContext2D} */ (stage.getContext("2d")),
    { width, height } = stage,
    { caption, panels } = frames[i],
    font = getComputedStyle(document.body).fontFamily;
  const plain = (/** @type {string} */ text) => text.replaceAll(/_\{(.*?)\}/g, "_$1");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = INK;
  panels.forEach(({ name, canvases }, k) => {
    const left = EDGE + k * (PANEL + EDGE),
      columns = Math.ceil(Math.sqrt(canvases.length)),
      room = PANEL / columns;
    fitting(pen, plain(name), 18, PANEL, font);
    pen.fillText(plain(name), left, 28);
    canvases.forEach((canvas, j) => {
      const scale = Math.min(room / canvas.width, room / canvas.height),
        times = scale >= 1 ? Math.floor(scale) : scale,
        [x, y] = [left + (j % columns) * room, HEAD + Math.floor(j / columns) * room];
      pen.drawImage(canvas, x, y, canvas.width * times, canvas.height * times);
    });
  });
  fitting(pen, plain(caption), 22, width - 2 * EDGE, font);
  pen.fillText(plain(caption), EDGE, height - 26);
  pen.fillStyle = "#d5dae2";
  pen.fillRect(EDGE, height - 14, width - 2 * EDGE, 5);
  pen.fillStyle = INK;
  pen.fillRect(EDGE, height - 14, ((width - 2 * EDGE) * i) / Math.max(1, frames.length - 1), 5);
};

/**
 * Writes the video; a sentence on the file.
 * @param {Frame[]} frames
 * @param {(text: string) => void} said
 */
const stripVideo = async (frames, said) => {
  const kind = videoKind();
  if (!kind) return say("player.no_video");
  const width = frames[0].panels.length * (PANEL + EDGE) + EDGE,
    stage = Object.assign(make("canvas"), { width, height: HEAD + PANEL + FOOT });
  const show = (/** @type {number} */ i) => compose(stage, frames, Math.floor(i / HELD));
  const blob = await recorded(stage, frames.length * HELD, show, (share) =>
    said(say("player.saving_video", { percent: Math.round(100 * share) })),
  );
  save(`ddpm_strip.${kind[0]}`, blob);
  return say("player.saved_video", { kind: `${kind[0].toUpperCase()} (${kind[2]})`, mb: number(blob.size / 1e6, 2) });
};

/**
 * Buttons of a bar beside its own; films where there is an axis to go along.
 * @param {(kind: string) => unknown} written asks the server for a file
 * @param {(what: Result) => Frame[]} [frames] of the film
 * @returns {Record<string, (what: Result, said: (text: string) => void) => unknown>}
 */
export const resultFiles = (written, frames) => ({
  ...(frames && {
    gif: ({ isStrip }) => (isStrip ? written("gif") : say("keeping.no_axis")),
  }),
  npz: () => written("npz"),
  ipynb: () => written("ipynb"),
  ...(frames && {
    video: (what, said) => (what.isStrip ? stripVideo(frames(what), said) : say("keeping.no_axis")),
  }),
});
