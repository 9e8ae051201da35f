// Where the settings make no schedule: why, and what to change, above what would show it.
import { isAwaited, reasonOf } from "./schedules.js";
import { say } from "./words.js";

/**
 * Says in `line` why there is nothing new to see, and whether what is seen is an older schedule's; null: all is well.
 * A schedule that the server has not sent yet is no reason.
 * @param {Element} line
 * @param {import("../core/formulas.js").NoSchedule | null} problem
 * @param {boolean} isDrawn whether something has been drawn before
 */
export const tellRefusal = (line, problem, isDrawn) => {
  if (problem && isAwaited(problem)) return;
  line.textContent = problem
    ? `${reasonOf(problem)} ${say(isDrawn ? "schedule.still_drawn" : "schedule.not_drawn")}`
    : "";
};
