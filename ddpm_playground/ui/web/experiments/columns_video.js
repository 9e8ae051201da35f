// A comparison as a video: its columns side by side, x_t above x̂_0, with t and log SNR beneath.
import { number } from "../core/number.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { save } from "../draw/paper.js";
import { fitting, recorded, videoKind } from "../draw/video.js";
import { make } from "../page/dom.js";
import { say } from "../page/words.js";
import { LETTERS, written } from "./recipes.js";

const MOST_FRAMES = 96,
  ROOM = 960,
  EDGE = 20,
  HEAD = 62,
  SYMBOL = 40,
  FOOT = 56,
  INK = "#181c24";
const SHOWN = [
  [0, "x", "t"],
  [1, "x̂", "0"],
];

/** @typedef {import("./columns_view.js").ColumnsView} View */

/**
 * One picture of the video, at a log SNR.
 * @param {HTMLCanvasElement} stage
 * @param {HTMLCanvasElement} sheet to paint pictures on
 * @param {View} view
 * @param {number} level
 */
const compose = (stage, sheet, view, level) => {
  const pen = /** @type {CanvasRenderingContext2D} */ (stage.getContext("2d")),
    { columns, count, shape } = /** @type {import("./columns_view.js").Opening} */ (view.run),
    { width, height } = stage,
    font = getComputedStyle(document.body).fontFamily,
    panel = (width - EDGE) / columns.length - EDGE;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  columns.forEach((column, k) => {
    const left = EDGE + k * (panel + EDGE),
      { pictures, told } = view.at(k, level),
      title = `${LETTERS[k]}: ${written(column.settings)}`;
    pen.fillStyle = INK;
    fitting(pen, title, 20, panel, font);
    pen.fillText(title, left, 26);
    fitting(pen, say("compare.at", told), 17, panel, font);
    pen.fillText(say("compare.at", told), left, 50);
    let top = HEAD;
    for (const [row, symbol, below] of SHOWN) {
      pen.font = `600 24px ${font}`;
      pen.fillText(String(symbol), left, top + 26);
      const { width: wide } = pen.measureText(String(symbol));
      pen.font = `600 16px ${font}`;
      pen.fillText(String(below), left + wide + 1, top + 32);
      paintBytes(sheet, pictures[+row], count, shape);
      const high = (panel * sheet.height) / sheet.width;
      pen.imageSmoothingEnabled = sheet.width > panel;
      pen.drawImage(sheet, left, top + SYMBOL, panel, high);
      top += SYMBOL + high;
    }
  });
  pen.fillStyle = INK;
  pen.font = `22px ${font}`;
  pen.fillText(say("compare.level", { level: number(level, 3) }), EDGE, height - 26);
  pen.fillStyle = "#d5dae2";
  pen.fillRect(EDGE, height - 14, width - 2 * EDGE, 5);
  pen.fillStyle = INK;
  const share = (level - view.low) / (view.high - view.low || 1);
  pen.fillRect(EDGE, height - 14, (width - 2 * EDGE) * Math.max(0, Math.min(1, share)), 5);
};

/**
 * Writes the video of what has come; a sentence on the file.
 * @param {View} view
 * @param {(text: string) => void} said
 */
export const columnsVideo = async (view, said) => {
  const kind = videoKind();
  if (!kind) return say("player.no_video");
  const { columns } = /** @type {import("./columns_view.js").Opening} */ (view.run),
    [first] = view.canvases,
    panel = (ROOM - EDGE) / columns.length - EDGE,
    high = (panel * first.height) / first.width,
    stage = Object.assign(make("canvas"), {
      width: ROOM,
      height: 2 * Math.ceil((HEAD + 2 * (SYMBOL + high) + FOOT) / 2),
    });
  const sheet = make("canvas"),
    top = view.reached,
    longest = Math.max(...view.frames.map(({ length }) => length)),
    frames = Math.max(2, Math.min(MOST_FRAMES, longest));
  const show = (/** @type {number} */ i) =>
    compose(stage, sheet, view, view.low + ((top - view.low) * i) / (frames - 1));
  const blob = await recorded(stage, frames, show, (share) =>
    said(say("player.saving_video", { percent: Math.round(100 * share) })),
  );
  save(`ddpm_comparison.${kind[0]}`, blob);
  return say("player.saved_video", { kind: `${kind[0].toUpperCase()} (${kind[2]})`, mb: number(blob.size / 1e6, 2) });
};
