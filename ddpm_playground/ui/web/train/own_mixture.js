// A mixture of Gaussians that the reader sets: dragged in the plane, or by sliders, and a text in the address.
import { colourOf } from "../draw/plots.js";
import { make } from "../page/dom.js";
import { say } from "../page/words.js";
import { pointAt } from "./plane.js";

const NEAR = 24, // pixels between a finger and what it takes hold of
  SIGMAS = 2; // an ellipse is drawn at so many deviations
const tidy = (/** @type {number} */ v) => +v.toFixed(3);
const RAD = Math.PI / 180;

/** The text of some Gaussians, each a list of numbers. */
export const textOf = (rows) => rows.map((row) => row.map(tidy).join("_")).join("~");

/**
 * The Gaussians of a text; null where it is none.
 * @param {string} text
 * @param {{ parts: [number, number][], most: number }} limits the range of each number
 * @returns {number[][] | null}
 */
export const rowsOfText = (text, { parts, most }) => {
  const rows = text.split("~").map((row) => row.split("_").map((one) => (one.trim() ? +one : NaN)));
  const fits = (row) => row.length === parts.length && row.every((v, i) => v >= parts[i][0] && v <= parts[i][1]);
  return rows.length <= most && rows.every(fits) ? rows : null;
};

/**
 * Where a Gaussian can be taken hold of: its middle and the ends of its axes.
 * @param {number[]} row
 */
export const handlesOf = (row) => {
  const [x, y, long, short, angle] = row,
    [c, s] = [Math.cos(angle * RAD), Math.sin(angle * RAD)];
  return [
    [x, y],
    [x + SIGMAS * long * c, y + SIGMAS * long * s],
    [x - SIGMAS * short * s, y + SIGMAS * short * c],
  ];
};

/**
 * A Gaussian whose handle is dragged to a point.
 * @param {number[]} row
 * @param {number} handle as in handlesOf
 * @param {number[]} to
 * @param {[number, number][]} parts the range of each number
 */
export const dragged = (row, handle, to, parts) => {
  const [x, y, long, short, angle, weight] = row,
    [px, py] = to,
    within = (v, i) => tidy(Math.max(parts[i][0], Math.min(parts[i][1], v)));
  if (handle === 0) return [within(px, 0), within(py, 1), long, short, angle, weight];
  const [dx, dy] = [px - x, py - y],
    size = Math.hypot(dx, dy) / SIGMAS,
    turned = Math.atan2(dy, dx) / RAD - (handle === 1 ? 0 : 90),
    whole = turned < -180 ? turned + 360 : turned;
  return handle === 1
    ? [x, y, within(size, 2), short, within(whole, 4), weight]
    : [x, y, long, within(size, 3), within(whole, 4), weight];
};

export class OwnMixture {
  /**
   * @param {any} find within the form
   * @param {{ parts: [number, number][], names: string[], first: string, most: number, reach: number }} limits
   */
  constructor(find, limits) {
    this.limits = limits;
    this.canvas = find(".field canvas");
    this.rows = rowsOfText(limits.first, limits) || [];
    this.chosen = 0;
    this.held = -1;
    this.isOn = () => false;
    this.moved = () => {};
    this.build(find(".own"));
    this.hearCanvas();
  }

  get text() {
    return textOf(this.rows);
  }

  set text(text) {
    this.rows = rowsOfText(text, this.limits) || this.rows;
    this.chosen = 0;
    this.show();
  }

  build(place) {
    this.select = make("select");
    const chosen = make("label", "", make("span", "", say("train.own_which")), this.select);
    this.add = place.appendChild(Object.assign(make("button", "", say("train.own_add")), { type: "button" }));
    this.remove = place.appendChild(Object.assign(make("button", "", say("train.own_remove")), { type: "button" }));
    place.append(chosen);
    this.sliders = this.limits.names.map((name, i) => {
      const [min, max] = this.limits.parts[i],
        input = Object.assign(make("input"), { type: "range", min, max, step: name === "angle" ? 1 : 0.01 }),
        shown = make("b");
      input.dataset.own = name;
      input.addEventListener("input", () => {
        this.rows[this.chosen][i] = +input.value;
        this.changed();
      });
      place.append(make("label", "slide", make("span", "", say(`train.own_${name}`), " ", shown), input));
      return { input, shown };
    });
    this.select.addEventListener("change", () => {
      this.chosen = +this.select.value;
      this.show();
      this.moved();
    });
    this.add.addEventListener("click", () => {
      this.chosen = this.rows.push([0, 0, 0.3, 0.3, 0, 1]) - 1;
      this.changed();
    });
    this.remove.addEventListener("click", () => {
      this.rows.splice(this.chosen, 1);
      this.chosen = 0;
      this.changed();
    });
    this.show();
  }

  changed() {
    this.show();
    this.moved();
  }

  show() {
    const { rows, chosen, select, limits } = this;
    select.replaceChildren(...rows.map((_, i) => new Option(String(i + 1), String(i), false, i === chosen)));
    this.sliders.forEach(({ input, shown }, i) => {
      input.value = String(rows[chosen][i]);
      shown.textContent = String(rows[chosen][i]).replace("-", "−");
    });
    this.add.disabled = rows.length >= limits.most;
    this.remove.disabled = rows.length < 2;
  }

  hearCanvas() {
    const { canvas, limits } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.isOn()) return;
      const at = pointAt(canvas, limits.reach, event),
        scale = canvas.clientWidth / (2 * limits.reach);
      let least = NEAR / scale;
      this.rows.forEach((row, k) =>
        handlesOf(row).forEach(([x, y], handle) => {
          const away = Math.hypot(x - at[0], y - at[1]);
          if (away < least) [least, this.held, this.chosen] = [away, handle, k];
        }),
      );
      if (this.held < 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.held < 0) return;
      const at = pointAt(canvas, limits.reach, event);
      this.rows[this.chosen] = dragged(this.rows[this.chosen], this.held, at, limits.parts);
      this.changed();
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (this.held = -1));
  }

  /** The ellipses over what is drawn already. */
  draw() {
    const { canvas, rows, chosen, limits } = this,
      pen = canvas.getContext("2d"),
      width = canvas.clientWidth,
      place = (v) => ((v + limits.reach) / (2 * limits.reach)) * width;
    pen.strokeStyle = pen.fillStyle = colourOf(canvas, "--sym-x-0");
    rows.forEach((row, k) => {
      const handles = handlesOf(row),
        [[x, y]] = handles,
        scale = (SIGMAS * width) / (2 * limits.reach);
      pen.lineWidth = k === chosen ? 2.5 : 1.2;
      pen.beginPath();
      pen.ellipse(place(x), width - place(y), row[2] * scale, row[3] * scale, -row[4] * RAD, 0, 7);
      pen.stroke();
      for (const [a, b] of handles) {
        pen.beginPath();
        pen.arc(place(a), width - place(b), k === chosen ? 6 : 4, 0, 7);
        pen.fill();
      }
    });
  }
}
