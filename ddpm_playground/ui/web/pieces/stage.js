// Presentation mode: one piece of the page alone on the whole screen, with its formula, large enough for the last row.
import { loadKatex, typesetTex } from "../draw/katex.js";
import { drawFigure, plotlyFor } from "../draw/plots.js";
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";
import { ownColours, setLine } from "./copies.js";
import { fillScreen, leaveScreen } from "./full_screen.js";
import { Gallery, keyNode } from "./gallery.js";
import { PLAY, TURN } from "./moves.js";
import { Pages } from "./pages.js";
import { cardsNow, figureOf, pieceOf } from "./piece.js";
import { plainSubscripts } from "./wording.js";

// A plot is drawn this much smaller and then enlarged as a whole: letters of 12 px have 32 then.
const ENLARGED = 2.7;
const THINNEST = 1.4,
  LOOK_MS = 150;

/** @type {Stage | null} */
let open = null;
export const isOpen = () => open !== null;
export const present = (/** @type {HTMLElement | null} */ card) => {
  if (open || !cardsNow().length) return;
  open = new Stage(card);
};

class Stage {
  constructor(card) {
    const cards = cardsNow();
    this.card = cards.includes(card) ? card : cards.find((one) => one.getBoundingClientRect().bottom > 120) || cards[0];
    this.back = /** @type {HTMLElement | null} */ (document.activeElement);
    this.title = make("h1");
    this.values = make("p", "values");
    this.turns = make("p", "turns");
    this.legend = make("p", "legend");
    this.show = make("div", "show");
    this.formula = make("div", "tex");
    this.box = make(
      "div",
      "stage",
      make("header", "", this.title, this.turns, this.values),
      this.show,
      this.legend,
      this.formula,
    );
    // Gradio's own styles of formulas hold within an element of this class.
    const own = [...(document.querySelector(".gradio-container")?.classList || [])].find((name) =>
      /^gradio-container-/.test(name),
    );
    this.root = make("div", `ddpm-canvas ddpm-canvas-stage ${own || ""}`, this.box);
    this.box.tabIndex = -1;
    this.box.setAttribute("role", "dialog");
    this.box.setAttribute("aria-modal", "true");
    document.body.append(this.root);
    document.documentElement.classList.add("ddpm-presenting");
    this.others = [...document.body.children].filter((one) => one !== this.root && !(/** @type {any} */ (one).inert));
    this.keys = (event) => this.press(event);
    this.isFull = false;
    this.screen = () => {
      const isFull = document.fullscreenElement === this.root;
      if (this.isFull && !isFull) this.close();
      this.isFull = isFull;
    };
    this.resize = () => this.build();
    document.addEventListener("keydown", this.keys, true);
    document.addEventListener("fullscreenchange", this.screen);
    addEventListener("resize", this.resize);
    for (const one of this.others) /** @type {HTMLElement} */ (one).inert = true;
    this.box.focus();
    loadKatex();
    this.build();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    const tick = () => {
      if (open !== this) return;
      this.gallery.mirror();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    // Within another page that may not have the screen, the window is filled.
    fillScreen(this.root, () => open === this);
  }

  close() {
    if (open !== this) return;
    open = null;
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.keys, true);
    document.removeEventListener("fullscreenchange", this.screen);
    removeEventListener("resize", this.resize);
    for (const one of this.others) /** @type {HTMLElement} */ (one).inert = false;
    for (const { copy } of this.plots) window.Plotly?.purge(copy);
    this.box.remove();
    this.root.style.display = "none";
    leaveScreen().then(() => this.root.remove());
    document.documentElement.classList.remove("ddpm-presenting");
    this.back?.focus?.({ preventScroll: true });
  }

  get tab() {
    return this.piece.kind.tab;
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? 10 : 1;
    const deeds = {
      Escape: () => this.close(),
      p: () => this.close(),
      P: () => this.close(),
      ArrowLeft: () => this.move("by", -by),
      ArrowRight: () => this.move("by", by),
      Home: () => this.move("end", -1),
      End: () => this.move("end", 1),
      ArrowUp: () => this.go(-1),
      ArrowDown: () => this.go(1),
      Tab: () => this.go(event.shiftKey ? -1 : 1),
      PageUp: () => (TURN[this.tab] || ((to) => this.go(to)))(-1),
      PageDown: () => (TURN[this.tab] || ((to) => this.go(to)))(1),
      " ": () => PLAY[this.tab]?.(),
    };
    if (!deeds[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    deeds[event.key]();
    if (open === this) this.look();
  }

  /** What the card can be moved along; a card without such a thing is left for the one beside it. */
  move(how, by) {
    const { moves } = this.piece.kind;
    if (moves) moves[how](by);
    else this.go(Math.sign(by));
  }

  /** The piece after this one, or before; words that are longer than the screen come first. */
  go(by) {
    if (this.pages.turn(by)) return;
    const cards = cardsNow();
    this.card = cards[(cards.indexOf(this.card) + by + cards.length) % cards.length] || cards[0];
    this.build();
  }

  /** Everything anew: another piece, or another size of the screen. */
  build() {
    for (const { copy } of this.plots || []) window.Plotly?.purge(copy);
    const piece = (this.piece = pieceOf(this.card));
    this.root.dataset.piece = piece.kind.tab;
    this.place = cardsNow().indexOf(this.card);
    this.gallery = new Gallery(piece, ENLARGED);
    this.plots = piece.plots.map((gd) => ({ gd, copy: make("div", "plot"), drawn: null, at: undefined, size: "" }));
    this.words = piece.words.map((node) => ({ node, copy: make("div", "words"), html: "" }));
    this.graphs = piece.graphs.map((node) => ({ node, copy: make("div", "graph"), html: "" }));
    this.says = make("div", "says", ...this.words.map(({ copy }) => copy));
    this.pages = new Pages(this.says, this.turns);
    const isMany = piece.pictures.length > 1 || piece.pictures.some(({ drawing }) => drawing);
    this.show.className = `show ${isMany ? "many" : ""} ${this.plots.length + this.graphs.length ? "with-plot" : ""}`;
    this.show.classList.toggle("as-film", this.gallery.isFilm);
    this.show.replaceChildren(
      ...(piece.pictures.length ? [this.gallery.box] : []),
      ...(this.graphs.length ? [make("div", "models", ...this.graphs.map(({ copy }) => copy))] : []),
      ...this.plots.map(({ copy }) => make("div", "frame", copy)),
      ...(this.words.length ? [this.says] : []),
    );
    this.formula.replaceChildren();
    delete this.formula.dataset.tex;
    delete this.formula.dataset.line;
    this.look();
    this.gallery.mirror();
  }

  /** What has changed since, but for the pictures. */
  look() {
    if (!this.card.isConnected || !this.card.getClientRects().length) {
      // The page has put another card in its place, as a chapter that is turned does.
      const cards = cardsNow();
      if (!cards.length) return;
      this.card = cards[Math.min(this.place, cards.length - 1)];
      return this.build();
    }
    const piece = pieceOf(this.card),
      count = ({ pictures, rows, plots, words }) => [pictures, rows, plots, words].map((one) => one.length).join("/");
    if (count(piece) !== count(this.piece)) return this.build();
    this.piece = piece;
    write(this.title, piece.title);
    write(this.values, piece.values);
    this.box.setAttribute("aria-label", say("pieces.stage", { title: plainSubscripts(piece.title) }));
    this.legend.replaceChildren(...piece.legend.map(keyNode));
    this.gallery.tell(piece);
    for (const one of [...this.words, ...this.graphs]) {
      if (one.node.innerHTML === one.html) continue;
      one.html = one.node.innerHTML;
      one.copy.replaceChildren(ownColours(one.node));
      this.pages.changed();
    }
    const line = piece.kind.line && document.querySelector(piece.kind.line);
    if (line) setLine(this.formula, line);
    else if (piece.tex) typesetTex(this.formula, piece.tex, true);
    this.pages.fit(this.show.children.length === 1);
    this.plots.forEach((plot, i) => this.plot(Object.assign(plot, { gd: piece.plots[i] })));
  }

  plot(plot) {
    const { gd, copy } = plot,
      { at } = this.piece;
    const Plotly = plotlyFor(copy, () => this.look());
    const { width, height } = copy.parentElement.getBoundingClientRect(),
      size = `${Math.round(width)} × ${Math.round(height)}`;
    if (!Plotly || (plot.drawn === gd.data && plot.at === at && plot.size === size)) return;
    Object.assign(plot, { drawn: gd.data, at, size });
    const { data, layout } = figureOf(gd, this.piece);
    for (const { line } of data) if (line?.width) line.width = Math.max(line.width, THINNEST);
    for (const axis of [layout.xaxis, layout.yaxis]) if (axis) Object.assign(axis, { title: { ...axis.title } });
    const named = data.some(({ showlegend }) => showlegend) && !this.piece.legend.length;
    Object.assign(layout, { width: width / ENLARGED, height: height / ENLARGED, showlegend: named, autosize: false });
    layout.legend = { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 12 } };
    layout.margin = { ...layout.margin, t: named ? 34 : 8 };
    copy.style.transform = `scale(${ENLARGED})`;
    drawFigure(Plotly, copy, data, layout);
  }
}
