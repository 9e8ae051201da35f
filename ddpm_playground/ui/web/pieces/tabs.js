// What can be shown alone and saved: one row for each kind of card on the page.
import { settings } from "../page/settings.js";
import { tidy, wordsOf } from "./wording.js";

const FORWARD =
  "\\xT{x_t} = \\sqrt{\\bar\\alpha_t}\\,\\xO{x_0} + \\sqrt{1-\\bar\\alpha_t}\\,\\eps{\\varepsilon}," +
  "\\quad \\varepsilon \\sim \\mathcal N(0, I)";
const SCORE =
  "\\nabla_{x_t} \\log p_\\theta(x_t) = -\\frac{\\eps{\\varepsilon_\\theta}(\\xT{x_t}, t)}{\\sqrt{1-\\bar\\alpha_t}}";
const LOSS =
  "L = \\left\\| \\eps{\\varepsilon} - \\eps{\\varepsilon_\\theta}\\!\\left(\\sqrt{\\bar\\alpha_t}\\,\\xO{x_0} + " +
  "\\sqrt{1-\\bar\\alpha_t}\\,\\eps{\\varepsilon},\\, t\\right) \\right\\|^2";
const OF_PLOT = {
  alpha_bar: "\\bar\\alpha_t = \\prod_{s=1}^{t} (1-\\beta_s)",
  signal_noise: FORWARD,
  beta: "\\alpha_t = 1-\\beta_t,\\quad \\tilde\\beta_t = \\frac{1-\\bar\\alpha_{t-1}}{1-\\bar\\alpha_t}\\,\\beta_t",
  log_snr: "\\log \\mathrm{SNR}(t) = \\log \\frac{\\bar\\alpha_t}{1-\\bar\\alpha_t}",
};
const OF_PANEL = {
  x_hat_0:
    "\\xhat{\\hat x_0} = \\frac{\\xT{x_t} - \\sqrt{1-\\bar\\alpha_t}\\,\\eps{\\varepsilon_\\theta(x_t, t)}}" +
    "{\\sqrt{\\bar\\alpha_t}}",
  eps: "\\eps{\\hat\\varepsilon} = \\eps{\\varepsilon_\\theta}(\\xT{x_t}, t)",
};
const plotted = (card) => OF_PLOT[card.dataset.plot];

// What a page says of a piece's numbers, by where it stands.
const read =
  (...selectors) =>
  () =>
    selectors
      .map((selector) => tidy(wordsOf(document.querySelector(selector))))
      .filter(Boolean)
      .join(" · ");
const levers = () =>
  [...document.querySelectorAll(".theory .controls [data-lever]")]
    .map((lever) => {
      const pressed = lever.querySelector("[aria-pressed=true]");
      const label = tidy(wordsOf(lever.querySelector("span")));
      return pressed ? `${label}: ${tidy(wordsOf(pressed))}` : label;
    })
    .join(" · ");

/**
 * @typedef {object} Kind a kind of card
 * @property {string} tab
 * @property {string} cards selector
 * @property {(card: any) => string | undefined} [tex] its formula
 * @property {string} [line] or where the page has it, with its numbers in it
 * @property {() => string} values what the numbers of the moment are
 * @property {() => number} [at] t that a plot over t marks
 */
/** @type {Kind[]} */
export const KINDS = [
  ...[
    [".panel[data-panel=x_hat_0], .player .panel[data-panel=eps]", undefined],
    [".panel:not([data-panel=x_hat_0], [data-panel=eps])", ".player .readout .line"],
  ].map(([cards, line]) => ({
    tab: "reverse",
    cards: `.player ${cards}`,
    line,
    tex: (card) => OF_PANEL[card.dataset.panel],
    values: read(".player .scrub .flag"),
  })),
  {
    tab: "forward",
    cards: ".forward .pane, .forward .reel, .forward .cards > .card",
    tex: () => FORWARD,
    values: read(".forward .flag"),
  },
  { tab: "train", cards: ".train figure.plane", tex: () => SCORE, values: read(".train .t > span", ".train .state") },
  { tab: "train", cards: ".train .side figure", tex: () => LOSS, values: read(".train .state") },
  {
    tab: "schedule",
    cards: ".curves .plots figure",
    tex: plotted,
    values: read(".curves .ddpm-t .value"),
    at: () => settings.t,
  },
  { tab: "schedule", cards: ".filmstrip", tex: () => FORWARD, values: read(".curves .ddpm-t .value") },
  { tab: "lab", cards: ".lab .plots figure", tex: plotted, values: read(".lab .headline h2") },
  {
    tab: "lab",
    cards: ".effects .pair figure, .effects .sizes, .effects > .rows, .trial .rows figure, .audit figure",
    tex: () => FORWARD,
    values: read(".effects .gone"),
  },
  { tab: "theory", cards: ".theory .blocks > .block", values: levers },
];

const slide = (selector) => (by) => {
  const input = /** @type {HTMLInputElement} */ (document.querySelector(selector));
  if (!input || input.disabled) return;
  input.value = String(+input.value + by * +(input.step || 1));
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const press = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.click();
const repeat = (by, back, on) => {
  for (let i = 0; i < Math.abs(by); i++) press(by < 0 ? back : on);
};

// The lever that was moved last, or else the first.
let held = "";
document.addEventListener(
  "focusin",
  ({ target }) => {
    const lever = /** @type {HTMLElement} */ (target).closest?.(".theory .controls [data-lever]");
    if (lever) held = /** @type {HTMLElement} */ (lever).dataset.lever;
  },
  true,
);
const moveLever = (by) => {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".theory .controls [data-lever]")]);
  const lever = all.find(({ dataset }) => dataset.lever === held) || all[0];
  if (!lever) return;
  const own = `.theory .controls [data-lever="${lever.dataset.lever}"]`,
    pressed = lever.querySelector(".options [aria-pressed=true]");
  if (lever.querySelector("input:not([hidden])")) slide(`${own} input`)(by);
  else if (pressed)
    /** @type {HTMLElement} */ (by > 0 ? pressed.nextElementSibling : pressed.previousElementSibling)?.click();
  else if (by > 0) press(`${own} .options button:nth-child(2)`);
};

/** What the arrows move on each tab: `by` steps. @type {Record<string, (by: number) => void>} */
export const STEP = {
  reverse: (by) => repeat(by, ".player [data-do=prev]", ".player [data-do=next]"),
  forward: slide(".forward .reel input"),
  train: slide(".train input.at"),
  schedule: slide(".curves .ddpm-t input"),
  lab: slide(".effects input.limit"),
  theory: moveLever,
};
/** PageUp (−1) and PageDown (1), where they do more than go to the next piece. */
export const TURN = {
  theory: (by) => press(by > 0 ? ".theory .turn .on:not([hidden])" : ".theory .turn .back:not([hidden])"),
};
/** Space: what runs by itself. */
export const PLAY = {
  reverse: () => press(".player [data-do=play]"),
  train: () => press(".train .go"),
};
