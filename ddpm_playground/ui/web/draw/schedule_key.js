// How a schedule is named and drawn, the same in curves, filmstrip and knobs.
import { makeSvg } from "../page/dom.js";
import { say } from "../page/words.js";

export const DASHES = { solid: "", dash: "9 5", dot: "2.5 4", dashdot: "9 4 2.5 4" };
export const nameOf = ({ key, form }) => {
  const name = say(`schedule.name_${key}`);
  return form ? say(`schedule.${form}`, { name }) : name;
};
/** A short line in a schedule's colour and dash. */
export const swatch = (css, dash, width = 2.5, opacity = 1) => {
  const look = { stroke: `var(${css})`, "stroke-width": width, opacity, "stroke-dasharray": DASHES[dash] };
  const line = makeSvg("line", { x1: 0, x2: 26, y1: 4, y2: 4, ...look });
  return makeSvg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, line);
};
