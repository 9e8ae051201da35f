// What the keys of a presentation move: steps to either side, and the way to either end.
import { finder } from "../page/dom.js";

/**
 * @typedef {object} Moves
 * @property {(by: number) => void} by so many steps on, or back
 * @property {(side: number) => void} end to the first (−1) or the last (1)
 */

const find = (/** @type {string} */ selector) => finder(document.body)(selector);
const press = (/** @type {string} */ selector) => find(selector)?.click();

const put = (/** @type {HTMLInputElement | null} */ input, /** @type {(at: number) => number | string} */ next) => {
  if (!input || input.disabled) return;
  input.value = String(next(+input.value));
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const step = (/** @type {HTMLInputElement | null} */ input, /** @type {number} */ steps) =>
  put(input, (at) => at + steps * +(input.step || 1));
// A fine slider, as one on a logarithmic way is, moves until what it says is another.
const by = (/** @type {HTMLInputElement | null} */ input, /** @type {number} */ steps) => {
  if (!input || Number.isInteger(+(input.step || 1))) return step(input, steps);
  for (let i = 0; i < Math.abs(steps); i++) {
    const said = input.ariaValueText;
    /** @type {string} */
    let before;
    do {
      before = input.value;
      step(input, Math.sign(steps));
    } while (said !== null && input.ariaValueText === said && input.value !== before);
  }
};
const end = (/** @type {HTMLInputElement | null} */ input, /** @type {number} */ side) =>
  put(input, () => (side < 0 ? input.min : input.max));

/** A range input. @returns {Moves} */
export const slider = (/** @type {string} */ selector) => ({
  by: (steps) => by(find(selector), steps),
  end: (side) => end(find(selector), side),
});

/** Buttons that step and jump. @returns {Moves} */
export const buttons = (/** @type {Record<"back" | "on" | "first" | "last", string>} */ { back, on, first, last }) => ({
  by(steps) {
    for (let i = 0; i < Math.abs(steps); i++) press(steps < 0 ? back : on);
  },
  end: (side) => press(side < 0 ? first : last),
});

const LEVER = ".theory .controls [data-lever]";
// The lever that was held last: its element is made anew where another lever begins it again.
let held = "";
const hold = (/** @type {Event} */ { target }) => {
  const lever = /** @type {HTMLElement} */ (target).closest?.(LEVER);
  if (lever) held = /** @type {HTMLElement} */ (lever).dataset.lever;
};
for (const heard of ["focusin", "pointerdown"]) document.addEventListener(heard, hold, true);

/** How each kind of lever is moved; drawn heights are for a finger alone. @type {[string, (lever: any) => Moves][]} */
const KINDS = [
  ["input[type=range]:not([hidden])", (lever) => slider(`${LEVER}[data-lever="${lever.dataset.lever}"] input`)],
  [
    // A run goes on only: back means to its start.
    "input[type=range][hidden]",
    (lever) => {
      const deeds = lever.querySelectorAll(".options button");
      return {
        by: (steps) => deeds[steps < 0 ? 0 : 1].click(),
        end: (side) => deeds[side < 0 ? 0 : deeds.length - 1].click(),
      };
    },
  ],
  [
    ".options",
    (lever) => {
      const options = [...lever.querySelectorAll(".options button")],
        at = options.findIndex((one) => one.getAttribute("aria-pressed") === "true");
      return {
        by: (steps) => options[Math.max(0, Math.min(options.length - 1, at + steps))].click(),
        end: (side) => options.at(side < 0 ? 0 : -1).click(),
      };
    },
  ],
];
const movesOf = (/** @type {Element} */ lever) => KINDS.find(([has]) => lever.querySelector(has))?.[1](lever);
// The lever that was held last, or else the first that keys can move.
const leverMoves = () => {
  const all = finder(document.body).all(LEVER);
  const inOrder = [...all.filter(({ dataset }) => dataset.lever === held), ...all];
  return inOrder.map(movesOf).find(Boolean);
};
/** @type {Moves} */
export const levers = {
  by: (steps) => leverMoves()?.by(steps),
  end: (side) => leverMoves()?.end(side),
};

/** PageUp (−1) and PageDown (1), where they do more than go to the next piece. */
export const TURN = {
  theory: (/** @type {number} */ to) =>
    press(to > 0 ? ".theory .turn .on:not([hidden])" : ".theory .turn .back:not([hidden])"),
};
/** Space: what runs by itself. @type {Record<string, () => void>} */
export const PLAY = {
  reverse: () => press(".player [data-do=play]"),
  train: () => press(".train .go"),
};
