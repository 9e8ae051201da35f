// What can be shown alone and saved: one row for each kind of card on the page.
import { number } from "../core/number.js";
import { finder } from "../page/dom.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { buttons, levers, slider } from "./moves.js";
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
  (/** @type {string[]} */ ...selectors) =>
  () =>
    selectors
      .map((selector) => tidy(wordsOf(document.querySelector(selector))))
      .filter(Boolean)
      .join(" · ");

const MOST_HEIGHTS = 12;
// What a lever is at: the option that is pressed, a slider's number, drawn heights.
const valueOf = (/** @type {Element} */ lever) => {
  const pressed = lever.querySelector(".options [aria-pressed=true]"),
    heights = [...lever.querySelectorAll(".column")].map((one) => +one.getAttribute("aria-valuenow"));
  if (heights.length > MOST_HEIGHTS) return `${number(Math.min(...heights))} … ${number(Math.max(...heights))}`;
  if (heights.length) return heights.map((v) => number(v)).join(", ");
  const shown = lever.querySelector(":scope > span > b");
  if (shown) return [...shown.parentElement.querySelectorAll("b, .effect")].map((one) => one.textContent).join("");
  // Of a button, which is a handle elsewhere, the words are the value here.
  return pressed ? tidy([...pressed.childNodes].map(wordsOf).join("")) : "";
};
const nameOf = (/** @type {Element} */ lever) =>
  tidy(
    [...lever.querySelector(":scope > span").childNodes]
      .filter((one) => !isValue(one))
      .map(wordsOf)
      .join(""),
  );
const isValue = (/** @type {any} */ node) => node.matches?.("b, .effect");
const leverValues = () =>
  finder(document.body)
    .all(".theory .controls [data-lever]")
    .map((lever) => {
      const name = nameOf(lever).replace(/[:：]$/, ""),
        value = valueOf(lever);
      return value ? say("pieces.lever", { name, value }) : name;
    })
    .join(" · ");

/**
 * @typedef {object} Kind a kind of card
 * @property {string} tab
 * @property {string} cards selector
 * @property {(card: any) => string | undefined} [tex] its formula
 * @property {string} [line] or where the page has it, with its numbers in it
 * @property {(card: any) => string} values what the numbers of the moment are
 * @property {() => number} [at] t that a plot over t marks
 * @property {import("./moves.js").Moves} [moves] what the arrows move; without, they go to the card beside
 */
const chain = buttons({
  back: ".player [data-do=prev]",
  on: ".player [data-do=next]",
  first: ".player [data-do=first]",
  last: ".player [data-do=last]",
});
const ofForward = { tab: "forward", values: read(".forward .flag"), moves: slider(".forward .reel input") };
const ofSchedule = {
  tab: "schedule",
  values: read(".curves .ddpm-t .value"),
  moves: slider(".curves .ddpm-t input"),
};
const lost = { values: read(".effects .gone"), moves: slider(".effects input.limit") };
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
    moves: chain,
  })),
  { ...ofForward, cards: ".forward .pane, .forward .reel, .forward .cards > .card", tex: () => FORWARD },
  {
    tab: "train",
    cards: ".train figure.plane",
    tex: () => SCORE,
    values: read(".train .t > span", ".train .state"),
    moves: slider(".train input.at"),
  },
  { tab: "train", cards: ".train .side figure", tex: () => LOSS, values: read(".train .state") },
  { ...ofSchedule, cards: ".curves .plots figure", tex: plotted, at: () => settings.t },
  { ...ofSchedule, cards: ".filmstrip", tex: () => FORWARD },
  { tab: "lab", cards: ".lab .plots figure", tex: plotted, values: read(".lab .headline h2") },
  { ...lost, tab: "lab", cards: ".effects > .rows, .effects .sizes", tex: () => FORWARD },
  { tab: "lab", cards: ".effects .pair figure:not(.sizes)", values: read(".lab .headline h2") },
  { tab: "lab", cards: ".trial .rows figure", values: () => "" },
  { tab: "lab", cards: ".audit figure", values: read(".audit .said") },
  {
    tab: "experiments",
    cards: ".compare .grid, .compare .pair figure",
    values: read(".compare .level"),
    moves: slider(".compare .scrub input"),
  },
  { tab: "experiments", cards: ".own .strip, .own .seam", values: read(".own .told") },
  { tab: "experiments", cards: ".nearest .trios", values: read(".nearest .told") },
  { tab: "experiments", cards: ".branch .tree", values: read(".branch .told") },
  { tab: "theory", cards: ".theory .blocks > .block", values: leverValues, moves: levers },
];
