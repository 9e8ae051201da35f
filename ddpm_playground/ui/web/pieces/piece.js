// A card of the page, read: its title, legend, pictures, plot and words, as they stand at this moment.
import { subscripted } from "../draw/plots.js";
import { finder } from "../page/dom.js";
import { say } from "../page/words.js";
import { KINDS } from "./tabs.js";
import { HANDLES, marked, tidy, wordsOf } from "./wording.js";

const isShown = (/** @type {Element} */ node) => node.getClientRects().length > 0;
/** The cards that can be seen now, in the order of the page. */
export const cardsNow = () => {
  const cards = KINDS.flatMap((kind) => finder(document.body).all(kind.cards));
  const seen = [...new Set(cards)].filter((card) => isShown(card) && isFull(card));
  return seen.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
};
const isFull = (/** @type {Element} */ card) =>
  card.matches(".block") ||
  [...card.querySelectorAll("canvas, img, .gd")].some(
    (one) => isShown(one) && (!one.matches(".gd") || /** @type {any} */ (one).data),
  );
export const kindOf = (/** @type {Element} */ card) => KINDS.find(({ cards }) => card.matches(cards));
export const anyCard = KINDS.map(({ cards }) => cards).join(", ");

const titleOf = (/** @type {HTMLElement} */ card) => {
  const own = card.querySelector(":scope > h3, :scope > header h3, :scope > h4, :scope > figcaption");
  const chapter = card.matches(".block") && document.querySelector(".theory h2");
  const above = card.closest(".trial, .effects, .audit")?.querySelector("h2");
  const label = card.querySelector("[aria-label]")?.getAttribute("aria-label");
  const found = [own, above].map((node) => tidy(wordsOf(node))).find(Boolean);
  const title = found || (chapter ? "" : tidy(wordsOf(card.querySelector(".about"))) || marked(label || ""));
  const short = title.length > 60 ? title.split(/[.;。；](?:\s|$)|[。；]/)[0] : title;
  return chapter ? [tidy(wordsOf(chapter)), title].filter(Boolean).join(" — ") : short;
};

const legendOf = (/** @type {HTMLElement} */ card) =>
  finder(card)
    .all(".keys > span")
    .filter((key) => !key.closest(".transport"))
    .map((key) => {
      const line = key.querySelector("line"),
        dot = key.querySelector("i");
      const style = getComputedStyle(line || dot || key);
      return {
        text: tidy(wordsOf(key)),
        colour: line ? style.stroke : style.backgroundColor || style.color,
        dash: line?.getAttribute("stroke-dasharray") || "",
      };
    });

// The pictures of a card, each with the words that stand above and beneath it.
const picturesOf = (/** @type {HTMLElement} */ card) =>
  finder(card)
    .all("canvas, img")
    .filter((one) => isShown(one) && !one.closest(".gate"))
    .map((canvas) => {
      let holder = /** @type {HTMLElement} */ (canvas);
      while (holder !== card && holder.parentElement.querySelectorAll("canvas, img").length === 1)
        holder = holder.parentElement;
      const words = finder(holder)
        .all("figcaption, .t, .left, .snr, p, :scope > span")
        .filter((node) => holder !== canvas && isShown(node) && !node.closest(HANDLES) && !node.contains(canvas))
        .filter((node) => !node.parentElement.closest("figcaption, p"));
      const comes = (/** @type {Node} */ node) =>
        canvas.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
      const said = (nodes) => nodes.map((node) => tidy(wordsOf(node))).filter(Boolean);
      const own = holder !== card || !card.matches("figure.card, .plane, .block");
      return {
        canvas: /** @type {HTMLCanvasElement} */ (canvas),
        above: own ? said(words.filter(comes)) : [],
        under: own ? said(words.filter((node) => !comes(node))) : [],
        row: canvas.closest(".row"),
        isPixels: getComputedStyle(canvas).imageRendering === "pixelated" || canvas.matches("img"),
      };
    });

/** A plot's traces under names that can stand in a legend, and its layout with t marked. */
export const figureOf = (/** @type {any} */ gd, /** @type {any} */ piece) => {
  const tables = new Set(gd.data.map(({ meta }) => meta?.table));
  const data = gd.data.map((trace, i) => {
    const key = piece.legend[i]?.text.replace(/_\{([^}]*)\}/g, "<sub>$1</sub>");
    const table = tables.size > 1 && trace.meta?.table && subscripted(say(`schedule.col_${trace.meta.table}`));
    const name = subscripted(trace.name || key || "");
    return { ...trace, name: [table, name].filter(Boolean).join(" · "), showlegend: !!(table || name) };
  });
  const layout = structuredClone(gd.layout);
  if (piece.at === undefined) return { data, layout };
  const line = { color: layout.font.color, width: 1.5, dash: "dot" };
  layout.shapes = [
    ...(layout.shapes || []),
    { type: "line", x0: piece.at, x1: piece.at, y0: 0, y1: 1, yref: "paper", line },
  ];
  return { data, layout };
};

/** A card as it stands now. */
export const pieceOf = (/** @type {HTMLElement} */ card) => {
  const kind = kindOf(card),
    find = finder(card);
  const words = find
    .all("p.note, figcaption, p.verdict, p.about, table, .lines, ol, :scope > p")
    .filter((node) => isShown(node) && !node.closest(HANDLES));
  const pictures = picturesOf(card),
    title = titleOf(card);
  // A single picture's caption is the title already.
  if (pictures.length === 1) pictures[0].above = pictures[0].above.filter((one) => !title.includes(one));
  if (pictures.length === 1) pictures[0].under = pictures[0].under.filter((one) => !title.includes(one));
  const used = new Set(words.filter((node) => pictures.some(({ canvas }) => canvas.closest("figure")?.contains(node))));
  return {
    card,
    kind,
    title,
    legend: legendOf(card),
    pictures,
    plots: find.all(".gd").filter((/** @type {any} */ gd) => gd.data && isShown(gd)),
    graphs: [...card.querySelectorAll(".graphs figure")],
    words: words.filter((node) => !used.has(node) && (card.matches(".block") || node.matches("table"))),
    values: marked(kind.values()),
    at: kind.at?.(),
    tex: kind.tex?.(card),
  };
};
