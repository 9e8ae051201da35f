// The pictures of a card, each with the words that stand above and beneath it, and the rows that they make.
import { drawingOf } from "../draw/canvas.js";
import { finder } from "../page/dom.js";
import { HANDLES, tidy, wordsOf } from "./wording.js";

export const isShown = (/** @type {Element} */ node) => node.getClientRects().length > 0;

/** A name with the colour and the dash of the line or the dot beside it. */
export const keyOf = (/** @type {Element} */ node) => {
  const line = node.querySelector("line"),
    dot = node.querySelector("i");
  const style = getComputedStyle(line || dot || node);
  return {
    text: tidy(wordsOf(node)),
    colour: line ? style.stroke : dot ? style.backgroundColor : style.color,
    dash: line?.getAttribute("stroke-dasharray") || "",
  };
};

// What stands beside one picture alone: the widest element that holds no other.
const holderOf = (card, picture) => {
  let holder = picture;
  while (holder !== card && holder.parentElement.querySelectorAll("canvas, img").length === 1)
    holder = holder.parentElement;
  return holder;
};

const pictureOf = (/** @type {HTMLElement} */ card, /** @type {any} */ canvas) => {
  const holder = holderOf(card, canvas),
    drawing = drawingOf(canvas),
    { imageRendering, visibility, outlineStyle, outlineColor } = getComputedStyle(canvas);
  // A card's only picture has its words from the card, which says them as title and values.
  const isOwn = !drawing && (holder !== card || !card.matches("figure.card, .plane, .block"));
  const words = finder(holder)
    .all("figcaption, .t, .left, .snr, p, :scope > span")
    .filter((node) => isOwn && holder !== canvas && isShown(node) && !node.closest(HANDLES) && !node.contains(canvas))
    .filter((node) => !node.parentElement.closest("figcaption, p") && tidy(wordsOf(node)));
  const isBefore = (/** @type {Node} */ node) =>
    canvas.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
  const said = (/** @type {Element[]} */ nodes) => nodes.map((node) => ({ node, text: tidy(wordsOf(node)) }));
  return {
    canvas: /** @type {HTMLCanvasElement} */ (canvas),
    drawing,
    above: said(words.filter(isBefore)),
    under: said(words.filter((node) => !isBefore(node))),
    isPixels: imageRendering === "pixelated" || canvas.matches("img") || !!canvas.ddpmImage,
    isHidden: visibility === "hidden",
    isNow: !!canvas.closest(".now"),
    edge: outlineStyle === "none" ? "" : outlineColor,
  };
};
/** @typedef {ReturnType<typeof pictureOf>} Picture */

/** The pictures that a card shows now. */
export const picturesOf = (/** @type {HTMLElement} */ card) =>
  finder(card)
    .all("canvas, img")
    .filter((one) => isShown(one) && !one.closest(".gate"))
    .map((one) => pictureOf(card, one));

/**
 * The rows of a card's pictures, each with its name, if it has one, and how many pictures: those of a film, and the
 * lines that the page has where they are equally long. None where the pictures may stand in any order of lines.
 * @param {HTMLElement} card
 * @param {Picture[]} pictures
 */
export const rowsOf = (card, pictures) => {
  const countIn = (/** @type {Element} */ row) => pictures.filter(({ canvas }) => row.contains(canvas)).length;
  const named = [...card.querySelectorAll(".row")].filter((row) => row.querySelector(":scope > .name"));
  if (named.length) return named.map((row) => ({ ...keyOf(row.querySelector(".name")), count: countIn(row) }));
  const unnamed = (/** @type {number[]} */ counts) =>
    counts.map((count) => ({ text: "", colour: "", dash: "", count }));
  if (card.querySelector(".row.small")) return unnamed([pictures.length]);
  /** @type {Map<number, number>} */
  const lines = new Map();
  for (const { canvas } of pictures) {
    const top = Math.round(canvas.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) || 0) + 1);
  }
  const counts = [...lines.values()];
  return counts.length > 1 && counts[0] > 1 && counts.every((count) => count === counts[0]) ? unnamed(counts) : [];
};
