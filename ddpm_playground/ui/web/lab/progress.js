// How far heavy work is, and how long the rest takes at the pace so far.
import { say } from "../page/words.js";

/**
 * Shows it in a line that holds a <progress> and a <span>. The pace is measured between two steps that were seen to
 * end: when the first one that is heard of ended, nobody knows.
 * @param {HTMLElement} line
 * @param {string} at the key of what is said at first: {done} of {total}
 * @param {string} atLeft and once there is a pace: {s} seconds are left
 * @returns {(done: number, total: number) => void}
 */
export function progressIn(line, at, atLeft) {
  /** @type {number | null} */
  let heard = null;
  /** @type {{ done: number, now: number } | null} */
  let first = null;
  return (done, total) => {
    line.hidden = false;
    if (done === heard) return;
    const now = performance.now(),
      left = first && ((now - first.now) / (done - first.done)) * (total - done);
    if (heard !== null) first = first || { done, now };
    heard = done;
    const bar = /** @type {HTMLProgressElement} */ (line.querySelector("progress"));
    bar.value = done / total;
    const told = left === null ? say(at, { done, total }) : say(atLeft, { done, total, s: Math.ceil(left / 1000) });
    /** @type {HTMLElement} */ (line.querySelector("span")).textContent = told;
  };
}
