// What a comparison looks like at one log SNR: a row for x_t, x̂_0, ε̂ and the difference, a column for each recipe.
import { bytes } from "../core/base64.js";
import { number } from "../core/number.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";
import { LETTERS } from "./recipes.js";

export const ROWS = ["x_t", "x_hat_0", "eps_hat", "difference"];
const STEPS = 200;

/** @typedef {{ at: number[] } & Record<string, Uint8Array>} Frames */

export class ColumnsView {
  /** @param {HTMLElement} grid */
  constructor(grid) {
    this.grid = grid;
    /** @type {any} */
    this.run = null;
  }

  /** @param {any} run what the server has answered @param {boolean} isHidden whether the columns' names are a riddle */
  show(run, isHidden) {
    this.run = run;
    /** @type {Frames[]} */
    this.frames = run.columns.map(({ frames }) => ({
      at: frames.at,
      ...Object.fromEntries(ROWS.map((row) => [row, bytes(frames[row])])),
    }));
    const finite = run.columns.map(({ log_snr }) => log_snr.filter((/** @type {any} */ one) => one !== null));
    this.low = Math.min(...finite.map((/** @type {number[]} */ all) => all[0]));
    this.high = Math.max(...finite.map((/** @type {number[]} */ all) => all[all.length - 1]));
    this.build(isHidden);
    this.draw(0); // at once, so that its cells have their size
  }

  /** @param {boolean} isHidden */
  build(isHidden) {
    const { columns } = this.run;
    this.grid.style.setProperty("--columns", columns.length);
    const head = columns.map((/** @type {any} */ column, /** @type {number} */ k) => {
      const told = isHidden
        ? ""
        : Object.entries(column.settings)
            .map(([name, value]) => `${name}=${value}`)
            .join(" ");
      const node = make("div", "head", make("b", "", LETTERS[k]), make("span", "", told), make("span", "t"));
      node.style.setProperty("--series", `var(--series-${k})`);
      return node;
    });
    const rows = ROWS.flatMap((row) => [
      write(make("div", "name"), say(`compare.row_${row}`)),
      ...columns.map((/** @type {any} */ _, /** @type {number} */ k) => {
        const canvas = make("canvas");
        canvas.dataset.row = row;
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", say("compare.cell", { row: say(`compare.row_${row}`), letter: LETTERS[k] }));
        return make("div", "cell", canvas);
      }),
    ]);
    this.grid.replaceChildren(make("div", "name"), ...head, ...rows);
    this.heads = head.map((/** @type {HTMLElement} */ node) => node.querySelector(".t"));
    this.canvases = [...this.grid.querySelectorAll("canvas")];
  }

  /** log SNR at a place of the slider. @param {number} place */
  level(place) {
    return this.low + ((this.high - this.low) * place) / STEPS;
  }

  /** The place of the slider at a log SNR. @param {number} level */
  placeOf(level) {
    return Math.round((STEPS * (level - this.low)) / (this.high - this.low || 1));
  }

  /** The frame of a column that is nearest. @param {number} k @param {number} level */
  nearest(k, level) {
    const { log_snr } = this.run.columns[k];
    let best = 0,
      gap = Infinity;
    this.frames[k].at.forEach((step, i) => {
      const off = Math.abs((log_snr[step] ?? -1e9) - level);
      if (off < gap) [best, gap] = [i, off];
    });
    return best;
  }

  /** @param {number} place */
  draw(place) {
    const { columns, shape, count } = this.run,
      level = this.level(place),
      size = count * shape[0] * shape[1] * shape[2];
    columns.forEach((/** @type {any} */ column, /** @type {number} */ k) => {
      const frame = this.nearest(k, level),
        step = this.frames[k].at[frame];
      const value = column.log_snr[step],
        log_snr = value === null ? "−∞" : number(value, 3);
      write(this.heads[k], say("compare.at", { t: column.t[step], log_snr }));
      ROWS.forEach((row, r) => {
        const values = this.frames[k][row].subarray(frame * size, (frame + 1) * size);
        paintBytes(this.canvases[r * columns.length + k], values, count, shape);
      });
    });
    return level;
  }
}
