// Handles at nine steps of the curve that is dragged.
import { bent, tablesFrom } from "../core/formulas.js";
import { number } from "../core/number.js";
import { makeButton } from "../page/dom.js";
import { hearDrag } from "../page/holding.js";
import { say } from "../page/words.js";
import { isDrawn } from "./lab_plots.js";

const MOST = 9;
// By how many pixels a key moves a handle, down to the plot's lowest value or up to its highest; and how long the keys
// must rest before the curve is examined.
const KEYS = { ArrowUp: -2, ArrowDown: 2, PageUp: -12, PageDown: 12, Home: Infinity, End: -Infinity };
const REST_MS = 500;

export class CurveHandles {
  /**
   * @param {import("./lab_plots.js").LabPlots} plots
   * @param {HTMLSelectElement} quantity which of the curves
   * @param {(from: any, now: any) => void} moved the tables before and after, once the hand has let go
   */
  constructor(plots, quantity, moved) {
    this.plots = plots;
    this.quantity = quantity;
    this.moved = moved;
    quantity.addEventListener("change", () => this.place());
  }

  get plot() {
    return this.plots.plots.get(this.quantity.value);
  }

  knots() {
    const { T } = this.plots.subject,
      count = Math.min(MOST, T);
    return Array.from({ length: count }, (_, k) => (count === 1 ? 1 : Math.round(1 + (k * (T - 1)) / (count - 1))));
  }

  /** Puts every handle on its curve, or on that of `tables`. */
  place(tables = this.plots.tables) {
    const { T } = this.plots.subject;
    for (const [key, { handles, box, axis }] of this.plots.plots) {
      const wanted = key === this.quantity.value && T > 1 ? this.knots() : [];
      while (handles.children.length > wanted.length) handles.lastChild.remove();
      while (handles.children.length < wanted.length) handles.append(this.handle(handles.children.length));
      wanted.forEach((t, k) => {
        const node = handles.children[k],
          value = tables[key][t];
        node.hidden = !isDrawn(key, value);
        if (node.hidden) return;
        const y = Math.max(0, Math.min(box.height, axis.d2p(value)));
        node.style.transform = `translate(${box.left + (box.width * t) / T}px, ${box.top + y}px)`;
        node.setAttribute("aria-label", say("lab.handle", { t, symbol: say(`schedule.col_${key}`) }));
        node.setAttribute("aria-valuenow", +value.toPrecision(6));
        node.setAttribute("aria-valuetext", number(value));
      });
    }
  }

  /** The schedule whose curve passes through `value` at handle k. */
  bend(from, k, value) {
    const key = this.quantity.value,
      ts = this.knots(),
      was = from[key][ts[k]];
    const by = key === "beta" ? Math.log(Math.max(value, 1e-12) / was) : value - was;
    const offsets = ts.map((_, i) => (i === k ? by : 0));
    const betas = bent(from, key, ts, offsets, ts[k]);
    return { ...tablesFrom(betas), betas };
  }

  handle(k) {
    const node = makeButton();
    node.setAttribute("role", "slider");
    node.setAttribute("aria-orientation", "vertical");
    /** @type {any} the tables as it was taken hold of, and as they are now */
    let from = null,
      now = null;
    let rest = 0;
    const to = (/** @type {number} */ value) => {
      now = this.bend(from, k, value);
      this.plots.sketch(now);
      this.place(now);
    };
    const done = () => {
      if (now) this.moved(from, now);
      from = now = null;
    };
    const valueAt = (/** @type {PointerEvent} */ event) => {
      const { axis, box, area } = this.plot,
        y = event.clientY - area.getBoundingClientRect().top - box.top;
      return axis.p2d(Math.max(0, Math.min(box.height, y)));
    };
    const begin = () => {
      clearTimeout(rest);
      done();
      from = this.plots.tables;
    };
    hearDrag(node, { begin, move: (event) => to(valueAt(event)), end: done });
    node.addEventListener("keydown", (event) => {
      const pixels = KEYS[event.key];
      if (!pixels || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      from = from || this.plots.tables;
      const { axis, box } = this.plot,
        value = (now || from)[this.quantity.value][this.knots()[k]];
      const ends = pixels > 0 ? box.height : 0;
      to(axis.p2d(Number.isFinite(pixels) ? axis.d2p(value) + pixels : ends));
      clearTimeout(rest);
      rest = setTimeout(done, REST_MS);
    });
    return node;
  }
}
