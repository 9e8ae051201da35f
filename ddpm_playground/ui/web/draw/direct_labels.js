// Names at the curves themselves, where there is room for them: no eye has to go to a legend and back.
import { make, typeset } from "../page/dom.js";
import { say } from "../page/words.js";

/** @typedef {{ x: number, y: number }[]} Line points of a curve in px of the plot, y downwards */
/** @typedef {{ width: number, height: number }} Size */

const PLACES = 24, // along the plot's width
  AWAY = 3, // px between a name and its own curve
  STEEPEST = 42, // px between a name and the point of its curve beside it, where that is steep
  CLEAR = 7, // px between a name and anything else
  POINTS = 96, // of a curve that are looked at
  MOST = 6, // curves with names; more of them, and names hide what they name
  REST = 250; // ms without a new drawing before names are set

/** How far a box is from the nearest piece of a line, in px; 0 where it is crossed. */
const distance = (/** @type {Line} */ line, left, top, { width, height }) => {
  let least = Infinity;
  for (let i = 0; i + 1 < line.length; i++) {
    const { x: x0, y: y0 } = line[i],
      { x: x1, y: y1 } = line[i + 1];
    const low = Math.max(Math.min(x0, x1), left - CLEAR),
      high = Math.min(Math.max(x0, x1), left + width + CLEAR);
    if (low > high) continue;
    const at = (/** @type {number} */ x) => (x1 === x0 ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)),
      ends = x1 === x0 ? [y0, y1] : [at(low), at(high)];
    const upper = Math.min(...ends),
      lower = Math.max(...ends);
    least = Math.min(least, Math.max(0, upper - top - height, top - lower));
  }
  return least;
};

const heightAt = (/** @type {Line} */ line, /** @type {number} */ x) => {
  const i = line.findIndex((point, k) => k > 0 && (line[k - 1].x - x) * (point.x - x) <= 0);
  if (i < 1) return NaN;
  const a = line[i - 1],
    b = line[i];
  return a.x === b.x ? a.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
};

/**
 * Where each curve's name may stand: close to its own curve, clear of the others, of names already set and of the
 * plot's edges; of two such places the one with more room, and of alike ones the one further right. Null: no room.
 * @param {Line[]} lines
 * @param {Size[]} names
 * @param {Size} room
 * @returns {({ left: number, top: number } | null)[]}
 */
export const placed = (lines, names, room) => {
  /** @type {Line[]} */
  const taken = [];
  return lines.map((own, i) => {
    const size = names[i];
    let best = null,
      most = CLEAR;
    if (size.width > room.width) return null;
    for (let k = 0; k < PLACES; k++) {
      const left = (k / (PLACES - 1)) * (room.width - size.width),
        y = heightAt(own, left + size.width / 2);
      if (!Number.isFinite(y)) continue;
      for (let shift = AWAY; shift <= STEEPEST; shift += AWAY)
        for (const top of [y - size.height - shift, y + shift]) {
          if (top < 0 || top + size.height > room.height) continue;
          const near = distance(own, left, top, size);
          if (near < AWAY - 1 || near > 3 * AWAY) continue;
          const others = [...lines.filter((_, j) => j !== i), ...taken];
          const free = Math.min(4 * CLEAR, ...others.map((line) => distance(line, left, top, size)));
          if (free < most || free < near + AWAY) continue;
          most = free;
          best = { left, top };
        }
    }
    if (best) {
      const { left, top } = best,
        right = left + size.width;
      taken.push([
        { x: left, y: top },
        { x: right, y: top },
        { x: right, y: top + size.height },
        { x: left, y: top + size.height },
      ]);
    }
    return best;
  });
};

/** What a trace is called at its curve; "" for what needs no name there. */
const nameOf = (gd, trace) => {
  const { table, schedule } = trace.meta || {};
  const tables = new Set(gd.data.map(({ meta }) => meta?.table));
  // Of several quantities in one plot the dashes say whose they are.
  if (table && tables.size > 1) return schedule ? "" : say(`schedule.col_${table}`);
  return trace.name || "";
};

const set = (/** @type {any} */ gd) => {
  // Presented alone, a plot has its legend above it.
  if (!gd.isConnected || !gd._fullLayout?._size || gd.closest(".stage")) return;
  gd.querySelector(":scope > .direct")?.remove();
  const traces = gd.data.filter(
    ({ type, mode, x }) => (!type || type === "scatter") && mode !== "markers" && x?.length,
  );
  if (traces.length < 2 || traces.length > MOST || traces.length < gd.data.length) return;
  const { xaxis, yaxis, _size: size } = gd._fullLayout;
  const lines = traces.map(({ x, y }) => {
    const every = Math.ceil(x.length / POINTS),
      some = Array.from(x, (_, i) => i).filter((i) => i % every === 0 || i === x.length - 1);
    const points = some.map((i) => ({ x: xaxis.d2p(x[i]), y: yaxis.d2p(y[i]) }));
    return points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  });
  const box = make("div", "direct"),
    names = traces.map((trace) => {
      const name = make("span", "", ...typeset(nameOf(gd, trace).replace(/<sub>(.*?)<\/sub>/g, "_{$1}")));
      name.style.color = trace.line?.color || trace.marker?.color || "";
      return name;
    });
  box.setAttribute("aria-hidden", "true"); // the plot's keys say it
  Object.assign(box.style, { left: `${size.l}px`, top: `${size.t}px`, width: `${size.w}px`, height: `${size.h}px` });
  box.append(...names);
  if (getComputedStyle(gd).position === "static") gd.style.position = "relative";
  gd.append(box);
  const sizes = names.map(({ offsetWidth: width, offsetHeight: height }) => ({ width, height }));
  placed(lines, sizes, { width: size.w, height: size.h }).forEach((place, i) => {
    if (!place || !names[i].textContent) return names[i].remove();
    Object.assign(names[i].style, { left: `${place.left}px`, top: `${place.top}px` });
  });
};

/** @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */
const due = new WeakMap();

/** Sets the names of a plot's curves once it has not been drawn anew for a while; until then it has none. */
export const nameCurves = (/** @type {any} */ gd) => {
  gd.querySelector(":scope > .direct")?.remove();
  clearTimeout(due.get(gd));
  due.set(
    gd,
    setTimeout(() => requestAnimationFrame(() => set(gd)), REST),
  );
};
