// What a run has told, as it is shown.
import { float32 } from "../core/base64.js";
import { number } from "../core/number.js";
import { say } from "../page/words.js";

// A loss of noise is 1: what stays near it after so many steps has not learned.
const LOST = { step: 200, loss: 0.9 };

/** What the plots show of a run that has told nothing. */
export const NOTHING_YET = { curve: [], by_t: [] };

/** Points, arrows and samples of a message, flat pairs each. */
export const viewOf = (message) =>
  Object.fromEntries(["samples", "points", "learned", "exact", "data"].map((key) => [key, float32(message[key])]));

/** What is worth knowing of the run on screen; `changedAt`: the step at which its schedule became another. */
export const hintOf = (shown, data, changedAt) => {
  if (!shown) return "";
  if (data !== "digits" && shown.step > LOST.step && shown.loss > LOST.loss) return say("train.diverged");
  return changedAt ? say("train.changed", { step: changedAt }) : "";
};

/** The line beside the buttons. */
export const stateOf = (shown, isWaiting) => {
  if (!shown) return isWaiting ? say("train.waiting") : "";
  return say(`train.state_${shown.state}`, {
    step: shown.step,
    rate: number(shown.rate, 3),
    seconds: number(shown.seconds, 3),
    loss: number(shown.loss),
    steps: shown.max_steps,
    minutes: shown.max_minutes,
  });
};
