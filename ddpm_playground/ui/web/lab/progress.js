// How far heavy work is, and how long the rest takes at the pace so far.
import { say } from "../page/words.js";

/**
 * Shows it in a line that holds a <progress> and a <span>.
 * @param {HTMLElement} line
 * @param {string} at the key of what is said at first: {done} of {total}
 * @param {string} atLeft and once there is a pace: {s} seconds are left
 * @returns {(done: number, total: number) => void}
 */
export function progressIn(line, at, atLeft) {
  /** @type {{ done: number, now: number } | null} */
  let first = null;
  return (done, total) => {
    const now = performance.now();
    first = first || { done, now };
    const left = done > first.done ? (((now - first.now) / (done - first.done)) * (total - done)) / 1000 : null;
    line.hidden = false;
    const bar = /** @type {HTMLProgressElement} */ (line.querySelector("progress"));
    bar.value = done / total;
    const told = left === null ? say(at, { done, total }) : say(atLeft, { done, total, s: Math.ceil(left) });
    /** @type {HTMLElement} */ (line.querySelector("span")).textContent = told;
  };
}
