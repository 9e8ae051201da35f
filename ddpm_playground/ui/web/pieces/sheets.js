// Pieces and whole chapters on a sheet, as SVG or PNG.
import { make } from "../page/dom.js";
import { colourOf, plotlyFor } from "../draw/plots.js";
import { Sheet } from "../draw/paper.js";
import { ownColours } from "./copies.js";
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

/** @type {Promise<string> | null} */
let katexStyles = null;
const asUrl = async (/** @type {string} */ url) => {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return `data:font/woff2;base64,${btoa(text)}`;
};
// KaTeX's own styles, with the fonts that the page has in use, so that the file needs nothing beside it.
const loadKatexStyles = async () => {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=stylesheet][href*="katex"]'));
  if (!link) return "";
  // Gradio has put the name of its container before every rule.
  const css = (await (await fetch(link.href)).text()).replace(/\.gradio-container-[\w-]+ /g, "");
  const inUse = [...document.fonts].filter(({ family, status }) => /KaTeX/.test(family) && status === "loaded");
  const name = (family, weight, style) =>
    `${family.replace(/["']/g, "")}/${weight}/${style}`.replace(/400|normal/g, "n").replace(/700/, "bold");
  const used = new Set(inUse.map(({ family, weight, style }) => name(family, weight, style)));
  const faces = css.match(/@font-face\s*\{[^}]*\}/g) || [];
  const kept = await Promise.all(
    faces.map(async (face) => {
      const of = (key) => face.match(new RegExp(`${key}:\\s*([^;}]+)`))?.[1].trim() || "normal";
      const file = face.match(/url\(["']?([^"')]+\.woff2)["']?\)/)?.[1];
      if (!file || !used.has(name(of("font-family"), of("font-weight"), of("font-style")))) return "";
      const url = await asUrl(new URL(file, link.href).href);
      return face.replace(/src:[^;}]*(;|(?=\}))/, `src:url(${url}) format("woff2");`);
    }),
  );
  return kept.join("") + css.replace(/@font-face\s*\{[^}]*\}/g, "");
};

// A node of words: measured as it will stand on the sheet, then put there.
const putWords = async (sheet, node) => {
  const styles = await (katexStyles = katexStyles || loadKatexStyles()),
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

const urlOf = (picture) => {
  const { canvas } = picture,
    copy = make("canvas");
  const width = canvas.width || canvas.naturalWidth,
    height = canvas.height || canvas.naturalHeight;
  Object.assign(copy, { width, height });
  if (!width) return null;
  copy.getContext("2d").drawImage(canvas, 0, 0);
  return { ...picture, url: copy.toDataURL("image/png"), width, height };
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
  const pictures = piece.pictures.map(urlOf).filter(Boolean);
  if (pictures.length) {
    const widest = Math.max(...pictures.map(({ width }) => width));
    sheet.space(6);
    sheet.pictures(pictures, pictures.length > 1 ? Math.min(300, Math.max(88, widest > 40 ? widest : 120)) : 0);
  }
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
    sheet.text(plainTex(piece.tex), 16);
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
