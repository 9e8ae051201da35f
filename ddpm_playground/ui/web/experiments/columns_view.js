// What a comparison looks like at one log SNR: a row for x_t, x̂_0, ε̂ and the difference, a column for each recipe.
import { bytes } from "../core/base64.js";
import { number } from "../core/number.js";
import { blankTiles, paintBytes } from "../draw/byte_tiles.js";
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";
import { levelOf, levelsOf, nearestTo } from "./columns_axis.js";
import { LETTERS } from "./recipes.js";

export const ROWS = ["x_t", "x_hat_0", "eps_hat", "difference"];
export const STEPS = 200;

/** @typedef {import("../protocol").ColumnsOpening} Opening */
/** @typedef {[number, string, string, string, string]} Frame column, then a picture for each of ROWS */

export class ColumnsView {
  /** @param {HTMLElement} grid */
  constructor(grid) {
    this.grid = grid;
    /** @type {Opening | null} */
    this.run = null;
    /** log SNR where the columns begin and end. */
    this.low = 0;
    this.high = 0;
  }

  /** A comparison begins. @param {Opening} run @param {boolean} isHidden whether the columns' names are a riddle */
  start(run, isHidden) {
    this.run = run;
    /** Of each column, the frames that have come: a picture for each of ROWS. @type {Uint8Array[][][]} */
    this.frames = run.columns.map(() => []);
    [this.low, this.high] = levelsOf(run.columns);
    this.build(isHidden);
    for (const canvas of this.canvases) blankTiles(canvas, run.count, run.shape); // at once, so that cells have a size
  }

  /** @param {Frame} frame the next one that is shown of its column */
  add([k, ...pictures]) {
    this.frames[k].push(pictures.map(bytes));
  }

  /** Whether every column has something to show. */
  get isSeen() {
    return !!this.run && this.frames.every((all) => all.length > 0);
  }

  /** log SNR up to which frames have come. */
  get reached() {
    const newest = this.run.columns.map((column, k) => levelOf(column, this.frames[k].length - 1));
    return Math.min(this.high, Math.max(this.low, ...newest));
  }

  /** @param {boolean} isHidden */
  build(isHidden) {
    const { columns } = /** @type {Opening} */ (this.run);
    this.grid.style.setProperty("--columns", String(columns.length));
    const head = columns.map((column, k) => {
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
      ...columns.map((_, k) => {
        const canvas = make("canvas");
        canvas.dataset.row = row;
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", say("compare.cell", { row: say(`compare.row_${row}`), letter: LETTERS[k] }));
        return make("div", "cell", canvas);
      }),
    ]);
    this.grid.replaceChildren(make("div", "name"), ...head, ...rows);
    this.heads = head.map((node) => node.querySelector(".t"));
    this.canvases = [...this.grid.querySelectorAll("canvas")];
    /** Of each column, what it shows. @type {(Uint8Array[] | null)[]} */
    this.shown = columns.map(() => null);
  }

  /** log SNR at a place of the slider. @param {number} place */
  level(place) {
    return this.low + ((this.high - this.low) * place) / STEPS;
  }

  /** The place of the slider at a log SNR. @param {number} level */
  placeOf(level) {
    return Math.round((STEPS * (level - this.low)) / (this.high - this.low || 1));
  }

  /** What column k shows at a log SNR. @param {number} k @param {number} level */
  at(k, level) {
    const column = /** @type {Opening} */ (this.run).columns[k],
      frame = nearestTo(column, this.frames[k].length, level),
      step = column.at[frame],
      value = column.log_snr[step];
    const told = { t: column.t[step], log_snr: value === null ? "−∞" : number(value, 3) };
    return { pictures: this.frames[k][frame], told };
  }

  /** @param {number} level */
  draw(level) {
    const { columns, shape, count } = /** @type {Opening} */ (this.run);
    columns.forEach((_, k) => {
      const { pictures, told } = this.at(k, level);
      if (this.shown[k] === pictures) return;
      this.shown[k] = pictures;
      write(this.heads[k], say("compare.at", told));
      pictures.forEach((values, r) => paintBytes(this.canvases[r * columns.length + k], values, count, shape));
    });
  }
}
