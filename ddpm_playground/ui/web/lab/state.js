// The schedule under examination: the lab announces it, and what shows its consequences listens.
import { Bus } from "../page/bus.js";

/** @typedef {import("../protocol").LabState} LabState */

/** @type {Bus<LabState>} */
const states = new Bus();
/** @type {LabState | null} */
let last = null;

/**
 * @param {LabState} state
 * @param {Element} sender
 */
export const announceLab = (state, sender) => {
  last = state;
  states.tell(state, sender);
};

/**
 * @param {Element} element
 * @param {(state: LabState) => void} redraw
 */
export const onLab = (element, redraw) => {
  states.listen(element, redraw);
  if (last) redraw(last);
};
