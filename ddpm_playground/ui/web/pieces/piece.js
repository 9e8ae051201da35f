// A card of the page, read: its title, legend, pictures, plot and words, as they stand at this moment.
import { subscripted } from "../draw/plots.js";
import { finder } from "../page/dom.js";
import { say } from "../page/words.js";
import { KINDS } from "./tabs.js";
import { isShown, keyOf, picturesOf, rowsOf } from "./pictures.js";
import { HANDLES, marked, tidy, wordsOf } from "./wording.js";

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

/** What a card is called, subscripts as "_{t}". */
export const titleOf = (/** @type {HTMLElement} */ card) => {
  const own = card.querySelector(":scope > h3, :scope > header h3, :scope > h4, :scope > figcaption");
  const chapter = card.matches(".block") && document.querySelector(".theory h2");
  const above = card.closest(".trial, .effects, .audit")?.querySelector("h2");
  const label = card.querySelector("[aria-label]")?.getAttribute("aria-label");
  const found = [own, above].map((node) => tidy(wordsOf(node))).find(Boolean);
  const about = found || chapter ? "" : tidy(wordsOf(card.querySelector(".about")));
  const title = found || about || (chapter ? "" : marked(label || ""));
  // Of a sentence or two, what comes first.
  const short = title.length > 60 || about ? title.split(/[.;。；](?:\s|$)|[。；]/)[0] : title;
  return chapter ? [tidy(wordsOf(chapter)), title].filter(Boolean).join(" — ") : short;
};

const legendOf = (/** @type {HTMLElement} */ card) =>
  finder(card)
    .all(".keys > span")
    .filter((key) => !key.closest(".transport"))
    .map(keyOf);

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

// A card's words: all of a chapter's block; of others what is no caption, and says what was found.
const wordsOn = (/** @type {HTMLElement} */ card, /** @type {import("./pictures.js").Picture[]} */ pictures) =>
  finder(card)
    .all("p.note, figcaption, p.verdict, p.about, table, .lines, ol, :scope > p")
    .filter((node) => isShown(node) && !node.closest(HANDLES) && !node.closest(".graphs"))
    .filter((node) => card.matches(".block") || node.matches("table, .verdict"))
    .filter((node) => tidy(node.textContent))
    .filter((node) => !pictures.some(({ canvas }) => canvas.closest("figure")?.contains(node)));

/** A card as it stands now. */
export const pieceOf = (/** @type {HTMLElement} */ card) => {
  const kind = kindOf(card),
    pictures = picturesOf(card),
    title = titleOf(card);
  // A single picture's caption is the title already.
  const isNew = ({ text }) => pictures.length > 1 || !title.includes(text);
  for (const one of pictures) Object.assign(one, { above: one.above.filter(isNew), under: one.under.filter(isNew) });
  return {
    card,
    kind,
    title,
    legend: legendOf(card),
    pictures,
    rows: rowsOf(card, pictures),
    plots: finder(card)
      .all(".gd")
      .filter((/** @type {any} */ gd) => gd.data && isShown(gd)),
    graphs: [...card.querySelectorAll(".graphs figure")],
    words: wordsOn(card, pictures),
    values: marked(kind.values(card)),
    at: kind.at?.(),
    tex: kind.tex?.(card),
  };
};
