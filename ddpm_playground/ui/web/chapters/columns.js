// Cards of any height in two columns without empty halves: each card takes as many rows of one pixel as it is high.
import { onResize } from "../page/life.js";

const GAP = 14,
  NARROW = 780; // px; below that there is one column
const WIDE = ["diagram", "derivation", "remark", "wide"];

/**
 * Which of two columns each card goes to: the way in which both end as nearly alike as they can, and of two that are
 * as good the one that changes sides more often, as one reads.
 * @param {number[]} heights
 * @returns {number[]}
 */
export const balanced = (heights) => {
  let best = heights.map((_, i) => i % 2),
    least = Infinity;
  for (let sides = 0; sides < 2 ** Math.max(0, heights.length - 1); sides++) {
    const of = heights.map((_, i) => (i ? (sides >> (i - 1)) & 1 : 0)),
      ends = heights.reduce((sum, height, i) => sum + (of[i] ? -height : height), 0),
      staying = of.filter((side, i) => i && side === of[i - 1]).length,
      cost = Math.abs(ends) + 12 * staying;
    if (cost < least) [best, least] = [of, cost];
  }
  return best;
};

/**
 * Lays out the children of `blocks`. A card keeps its column until there are other cards or another width.
 * @param {HTMLElement} blocks
 */
export const makeColumns = (blocks) => {
  const wideEnough = () => blocks.clientWidth >= NARROW;
  /** @type {ResizeObserver} */
  const heights = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
  const cards = () => /** @type {HTMLElement[]} */ ([...blocks.children]);
  const heightOf = (card) => Math.ceil(card.getBoundingClientRect().height) + GAP;
  const fit = (card) => {
    if (card.isConnected) card.style.gridRowEnd = wideEnough() ? `span ${heightOf(card)}` : "";
  };
  const assign = () => {
    const all = cards(),
      put = (card, column) => (card.style.gridColumn = wideEnough() ? column : "");
    blocks.classList.toggle("two", wideEnough());
    let run = [];
    const close = () => {
      // What stands alone between wide ones is wide itself.
      if (run.length === 1) put(run[0], "1 / -1");
      else balanced(run.map(heightOf)).forEach((side, i) => put(run[i], String(side + 1)));
      run = [];
    };
    for (const card of all) {
      if (WIDE.some((kind) => card.classList.contains(kind))) {
        close();
        put(card, "1 / -1");
      } else run.push(card);
    }
    close();
    all.forEach(fit);
  };
  let width = 0;
  onResize(blocks, () => {
    if (blocks.clientWidth === width) return;
    width = blocks.clientWidth;
    assign();
  });
  return {
    /** New cards, once they are filled. */
    assign,
    /** Cards that are there from now on. */
    follow() {
      heights.disconnect();
      cards().forEach((card) => heights.observe(card));
    },
  };
};
