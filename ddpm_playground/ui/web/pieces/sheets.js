// Pieces and whole chapters on a sheet, as SVG or PNG.
import { make } from "../page/dom.js";
import { colourOf, plotlyFor } from "../draw/plots.js";
import { Sheet } from "../draw/paper.js";
import { drawAgain } from "../draw/canvas.js";
import { loadKatex, typesetTex } from "../draw/katex.js";
import { ownColours } from "./copies.js";
import { formulaStyles } from "./formula_styles.js";
import { figureOf, pieceOf } from "./piece.js";
import { marked, plainTex, wordsOf } from "./wording.js";

const WIDTH = 1000,
  PLOT_HEIGHT = 460;
// How words that a browser sets look on a sheet.
const WORDS = `.paper{font-size:16px;line-height:1.5}.paper p{margin:0 0 4px}.paper ol{margin:0;padding-left:1.6em}
.paper table{border-collapse:collapse}.paper td,.paper th{padding:3px 14px 3px 0;text-align:left}
.paper .line{margin:4px 0}.paper .katex-display{margin:.3em 0}.paper li.lit{font-weight:600}`;

const lookOf = (root) => {
  const [ground, ink, muted] = ["--ground", "--ink", "--muted"].map((name) => colourOf(root, name));
  return { ground, ink, muted, font: getComputedStyle(document.body).fontFamily.replaceAll('"', "'") };
};

// A node of words: measured as it will stand on the sheet, then put there.
const putWords = async (sheet, node) => {
  const styles = await formulaStyles(),
    copy = ownColours(node);
  for (const one of copy.querySelectorAll(".katex-mathml")) one.remove();
  const paper = make("div", "paper", copy),
    host = make("div");
  paper.style.cssText = `width:${sheet.room}px;color:${sheet.look.ink};font-family:${sheet.look.font}`;
  host.style.cssText = "position:fixed;left:-20000px;top:0";
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(
    Object.assign(make("style"), { textContent: WORDS + styles.replace(/@font-face\s*\{[^}]*\}/g, "") }),
    paper,
  );
  document.body.append(host);
  const { height } = paper.getBoundingClientRect();
  host.remove();
  if (node.querySelector(".katex") || /TABLE|OL/.test(node.nodeName)) {
    sheet.styles = WORDS + styles;
    sheet.markup(new XMLSerializer().serializeToString(paper), height + 4, wordsOf(node).replace(/\s+/g, " ").trim());
  } else sheet.text(wordsOf(node).replace(/\s+/g, " ").trim(), 15, { colour: sheet.look.muted });
};

// A formula as KaTeX sets it; as plain words where there is none.
const putTex = async (sheet, tex) => {
  if (!(await loadKatex())) return sheet.text(plainTex(tex), 16);
  const node = make("div", "line"),
    own = [...document.querySelector(".gradio-container").classList].join(" "),
    host = make("div", `ddpm-canvas ddpm-canvas-stage ${own}`, make("div", "on-sheet", node));
  host.style.cssText = `position:fixed;left:-20000px;top:0;width:${sheet.room}px;min-height:0`;
  document.body.append(host);
  typesetTex(node, tex, true);
  // The letters that it needs may not have been in use before.
  await document.fonts.ready;
  await putWords(sheet, node);
  host.remove();
};

const DRAWN = { times: 1.3, ratio: 2, height: 0.45 };
// A picture as a sheet holds it. What is drawn is drawn again, as wide as the sheet.
const urlOf = (picture, sheet) => {
  const { canvas, drawing } = picture,
    copy = make("canvas");
  let width = canvas.naturalWidth ?? canvas.width,
    height = canvas.naturalHeight ?? canvas.height;
  if (drawing) {
    width = sheet.room;
    height = drawing.tall ? DRAWN.times * drawing.tall(width / DRAWN.times) : DRAWN.height * width;
    drawAgain(copy, drawing, { ...DRAWN, width, height });
  } else if (width) {
    Object.assign(copy, { width, height }).getContext("2d").drawImage(canvas, 0, 0);
  }
  const said = (all) => all.map(({ text }) => text);
  return {
    ...picture,
    above: said(picture.above),
    under: said(picture.under),
    url: width ? copy.toDataURL("image/png") : "",
    width: width || 1,
    height: height || 1,
    isPixels: picture.isPixels && !drawing,
    isHidden: picture.isHidden || !width,
    edge: picture.isNow ? sheet.look.ink : picture.edge,
  };
};

const putPictures = (sheet, { pictures, rows }) => {
  const all = pictures.map((one) => urlOf(one, sheet));
  if (!all.length) return;
  sheet.space(6);
  if (!rows.length) {
    const widest = Math.max(...all.map(({ width }) => width));
    sheet.pictures(
      all,
      all.length > 1 ? Math.min(300, Math.max(88, widest > 40 ? widest : 120)) : 0,
      pictures[0].drawing ? 1 : 0,
    );
  }
  const longest = Math.max(...rows.map(({ count }) => count));
  for (const row of rows) {
    if (row.text) sheet.legend([row]);
    sheet.pictures(all.splice(0, row.count), 0, longest);
  }
};

const putPlot = async (sheet, gd, piece) => {
  const Plotly = plotlyFor(make("p"), () => {});
  if (!Plotly) return;
  const { data, layout } = figureOf(gd, piece);
  const named = !piece.legend.length && data.some(({ showlegend }) => showlegend);
  Object.assign(layout, { width: sheet.room, height: PLOT_HEIGHT, showlegend: named, autosize: false });
  layout.paper_bgcolor = layout.plot_bgcolor = sheet.look.ground;
  layout.font = { ...layout.font, size: 14, color: sheet.look.ink };
  layout.legend = { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 14, color: sheet.look.ink } };
  layout.margin = { l: 76, r: 24, t: named ? 40 : 16, b: 56 };
  for (const axis of [layout.xaxis, layout.yaxis])
    if (axis?.title) axis.title = { ...axis.title, font: { ...axis.title.font, size: 15 } };
  const url = await Plotly.toImage({ data, layout }, { format: "svg", width: sheet.room, height: PLOT_HEIGHT });
  sheet.drawing(decodeURIComponent(url.slice(url.indexOf(",") + 1)), sheet.room, PLOT_HEIGHT);
};

// What stands on the card, without its title.
const putPiece = async (sheet, piece) => {
  sheet.legend(piece.legend);
  putPictures(sheet, piece);
  for (const gd of piece.plots) await putPlot(sheet, gd, piece);
  const room = sheet.room / Math.max(1, piece.graphs.length);
  const top = sheet.y;
  piece.graphs.forEach((figure, i) => {
    sheet.y = top;
    const [name, svg] = [figure.querySelector("figcaption"), figure.querySelector("svg")];
    if (name) sheet.put(wordsOf(name), sheet.edge + i * room + 8, top + 16, 15, { weight: 600 });
    sheet.y = top + 26;
    sheet.drawing(
      new XMLSerializer().serializeToString(ownColours(svg)),
      room - 16,
      (room - 16) / 2,
      sheet.edge + i * room,
    );
  });
  for (const node of piece.words) await putWords(sheet, node);
};

/** One card. */
export const sheetOf = async (/** @type {HTMLElement} */ card) => {
  const piece = pieceOf(card),
    sheet = new Sheet(WIDTH, lookOf(card));
  sheet.text(piece.title, 24, { weight: 650 });
  sheet.text(piece.values, 15, { colour: sheet.look.muted });
  sheet.space(6);
  await putPiece(sheet, piece);
  if (piece.tex) {
    sheet.space(4);
    await putTex(sheet, piece.tex);
  }
  return { name: piece.title, svg: sheet.svg(piece.title) };
};

/** The open chapter, block by block. */
export const chapterSheet = async () => {
  const theory = document.querySelector(".theory"),
    sheet = new Sheet(WIDTH, lookOf(theory));
  const blocks = /** @type {HTMLElement[]} */ ([...theory.querySelectorAll(".blocks > .block")]);
  const title = marked(wordsOf(theory.querySelector("h2")).trim());
  sheet.text(title, 26, { weight: 650 });
  sheet.text(wordsOf(theory.querySelector(".claim")).trim(), 16);
  for (const [i, block] of blocks.entries()) {
    const piece = pieceOf(block);
    if (!i) sheet.text(piece.values, 15, { colour: sheet.look.muted });
    sheet.space(18);
    const own = block.querySelector(":scope > h3");
    if (own) sheet.text(wordsOf(own).trim(), 18, { weight: 600 });
    await putPiece(sheet, piece);
  }
  return { name: title, svg: sheet.svg(title) };
};

/** A name that any disk takes: letters, digits, and hyphens between. */
export const fileName = (/** @type {string} */ title) =>
  title
    .replace(/_\{([^}]*)\}/g, "_$1")
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}_]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "picture";
