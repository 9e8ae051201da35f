// The pictures of a piece on the stage: as large as there is room, a film's in one line for each of its rows.
import { drawAgain, drawingOf } from "../draw/canvas.js";
import { make, write } from "../page/dom.js";
import { ownColours } from "./copies.js";

const GAP = 24,
  CLOSE = 10, // px between the frames of a film
  SMALLEST = 40,
  NARROWEST = 320, // px that words beneath a picture may have, where there is room
  CAPTION = 100; // px that words take about, until they are there

/** A short line and a name, as in a legend. */
export const keyNode = ({ text, colour, dash }) => {
  const key = make("span", "key", make("i"), make("span"));
  Object.assign(/** @type {HTMLElement} */ (key.firstElementChild).style, { background: colour });
  key.classList.toggle("dashed", !!dash);
  write(/** @type {HTMLElement} */ (key.lastElementChild), text);
  return key;
};

// Words as the page sets them, formulas as formulas.
const put = (/** @type {HTMLElement} */ box, said) => {
  const now = said.map(({ node, text }) => (node.querySelector(".katex") ? node.innerHTML : text)).join("\n");
  if (box.dataset.said === now) return;
  box.dataset.said = now;
  box.replaceChildren(
    ...said.map(({ node, text }) =>
      node.querySelector(".katex") ? make("div", "", ownColours(node)) : write(make("div"), text),
    ),
  );
};

const sizeOf = (/** @type {any} */ picture) => ({
  width: picture.naturalWidth ?? picture.width,
  height: picture.naturalHeight ?? picture.height,
});

export class Gallery {
  /**
   * @param {any} piece
   * @param {number} times how much larger than on the page drawings and their letters are
   */
  constructor(piece, times) {
    this.times = times;
    this.rows = piece.rows;
    this.pictures = piece.pictures.map((one) => this.picture(one, piece.title));
    const figures = this.pictures.map(({ figure }) => figure);
    this.names = this.rows.map((row) => (row.text ? keyNode(row) : make("span")));
    this.box = make("div", "gallery");
    let at = 0;
    for (const [i, { count }] of this.rows.entries()) {
      this.box.append(this.names[i], ...figures.slice(at, at + count));
      this.names[i].style.gridColumn = "1";
      at += count;
    }
    this.box.append(...figures.slice(at));
    this.box.classList.toggle("film", this.isFilm);
    this.fitted = "";
    /** Whether there is too little room however small they are. */
    this.isTight = false;
  }

  /** Whether it needs all of the width. */
  get isFilm() {
    return this.rows.some(({ text, count }) => text || count > 6);
  }

  picture({ canvas, drawing, isPixels, isHidden, edge, isNow }, title) {
    const copy = make("canvas"),
      above = make("figcaption"),
      under = make("div", "beneath");
    copy.classList.toggle("pixels", isPixels && !drawing);
    copy.setAttribute("role", "img");
    copy.setAttribute("aria-label", canvas.getAttribute("aria-label") || canvas.getAttribute("alt") || title);
    return {
      canvas,
      copy,
      above,
      under,
      isHidden,
      edge,
      isNow,
      figure: make("figure", "", above, copy, under),
      was: "",
    };
  }

  /** What is said of them now. */
  tell({ pictures, rows }) {
    this.rows = rows;
    rows.forEach(({ text }, i) => text && write(/** @type {HTMLElement} */ (this.names[i].lastElementChild), text));
    pictures.forEach((one, i) => {
      const mine = Object.assign(this.pictures[i], {
        canvas: one.canvas,
        isHidden: one.isHidden,
        edge: one.edge,
        isNow: one.isNow,
      });
      put(mine.above, one.above);
      put(mine.under, one.under);
      mine.copy.style.borderColor = mine.edge;
      mine.copy.style.visibility = mine.isHidden ? "hidden" : "";
      mine.copy.classList.toggle("now", mine.isNow);
    });
  }

  /** The pictures, as they are now. */
  mirror() {
    for (const { canvas, copy } of this.pictures) {
      const { width, height } = sizeOf(canvas);
      if (!drawingOf(canvas) && width && (copy.width !== width || copy.height !== height))
        Object.assign(copy, { width, height });
    }
    this.fit();
    for (const one of this.pictures) {
      const { canvas, copy } = one,
        drawing = drawingOf(canvas);
      if (drawing) this.draw(one, drawing);
      else if (canvas.isConnected && sizeOf(canvas).width) {
        const pen = copy.getContext("2d");
        pen.clearRect(0, 0, copy.width, copy.height);
        pen.drawImage(canvas, 0, 0);
      }
    }
  }

  // What is drawn is drawn again, with large letters.
  draw(one, drawing) {
    const { copy } = one,
      width = copy.clientWidth,
      height = copy.clientHeight,
      now = [width, height, drawing.version, document.body.classList.contains("dark")].join("/");
    if (!width || !height || one.was === now) return;
    one.was = now;
    drawAgain(copy, drawing, { width, height, times: this.times });
  }

  // The side of a picture for `columns` columns, by what words take about.
  sideFor(columns, lines, ratio) {
    const { clientWidth: W, clientHeight: H } = this.box,
      words = this.pictures.some(({ above, under }) => above.textContent || under.textContent) ? CAPTION : 0;
    return Math.min((W - GAP * (columns - 1)) / columns, (H / lines - words - 16) * ratio);
  }

  /** As few columns as make the pictures largest; those of a film are its own. */
  fit() {
    const { box, pictures } = this,
      first = pictures[0]?.canvas;
    if (!first || !box.clientWidth) return;
    const { width, height } = sizeOf(first),
      key = [box.clientWidth, box.clientHeight, width, height, pictures.length].join("/");
    // Where only words have changed, pictures do not jump unless there is too little room.
    if (this.fitted === key && !this.isOver()) return;
    const isNew = this.fitted !== key;
    this.fitted = key;
    const drawing = pictures.length === 1 && drawingOf(first);
    if (drawing) this.fitDrawing(drawing);
    else if (isNew || !this.isTight) this.fitPictures(width / height || 1);
  }

  fitPictures(ratio) {
    const { box, rows } = this,
      gap = this.isFilm ? CLOSE : GAP;
    let columns = Math.max(1, ...rows.map(({ count }) => count));
    if (!rows.length) columns = this.bestColumns(ratio);
    const isNamed = rows.some(({ text }) => text),
      first = isNamed ? "max-content " : rows.length ? "0 " : "";
    box.style.columnGap = `${gap}px`;
    box.style.gridTemplateColumns = `${first}repeat(${columns}, 0)`;
    const names = isNamed ? Math.ceil(Math.max(...this.names.map((one) => one.offsetWidth))) : 0,
      room = Math.floor((box.clientWidth - names - gap * (columns - (rows.length ? 0 : 1))) / columns);
    const put = (/** @type {number} */ side) => {
      // Words stay as wide as they were while pictures shrink: else they grew in height, and pictures shrank on.
      const wide = Math.min(room, Math.max(side, NARROWEST));
      box.style.gridTemplateColumns = `${first}repeat(${columns}, ${wide}px)`;
      box.style.setProperty("--side", `${side}px`);
    };
    let low = Math.min(SMALLEST, room),
      high = room;
    put(high);
    if (this.isOver()) {
      while (high - low > 2) {
        const side = Math.floor((low + high) / 2);
        put(side);
        if (this.isOver()) high = side;
        else low = side;
      }
      put(low);
    }
    this.isTight = low <= SMALLEST;
  }

  bestColumns(ratio) {
    const count = this.pictures.length,
      side = (/** @type {number} */ columns) => this.sideFor(columns, Math.ceil(count / columns), ratio);
    let best = 1;
    for (let n = 2; n <= count; n++) if (side(n) > side(best) + 1) best = n;
    return best;
  }

  isOver() {
    const { box } = this;
    return box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
  }

  // A drawing fills what there is, or is as high as it should be for its width.
  fitDrawing(/** @type {import("../draw/canvas.js").Drawing} */ { tall }) {
    const { box, times } = this,
      [{ copy }] = this.pictures,
      room = box.clientHeight - 8;
    let width = box.clientWidth;
    const high = (/** @type {number} */ wide) => (tall ? times * tall(wide / times) : room);
    if (high(width) > room) width *= room / high(width);
    box.style.gridTemplateColumns = `${Math.floor(width)}px`;
    box.style.setProperty("--side", `${Math.floor(width)}px`);
    copy.style.height = `${Math.floor(high(width))}px`;
  }
}
