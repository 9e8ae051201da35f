// What an autoencoder made of x̂_0 at some steps of a run of latents: the newest one up to the frame that is shown.
import { gridFor, originOf } from "../draw/picture_grid.js";
import { make, typeset } from "../page/dom.js";
import { say } from "../page/words.js";

export class Decoded {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.figure = figure;
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.name = make("span", "name");
    this.from = make("span", "from");
    this.told = make("span", "map");
    const title = make("figcaption", "", make("b", "", ...typeset(say("player.sym_x_hat_0"))), this.name, this.from);
    figure.append(title, make("div", "heads"), make("div", "stage", this.canvas, this.told));
    /** @type {{ k: number, count: number, image: HTMLImageElement }[]} */
    this.sheets = [];
    /** @type {unknown} */
    this.shown = null;
    /** @type {[import("./frames.js").Film, number] | null} */
    this.last = null;
  }

  // A run begins.
  start({ decoder = "", shape, labels = [] }) {
    this.figure.hidden = !decoder;
    this.figure.parentElement.classList.toggle("has-decoded", Boolean(decoder));
    this.all = shape[0];
    this.labelled = labels.length > 0;
    this.sheets = [];
    this.shown = this.last = null;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.name.textContent = say("player.name_decoded", { place: decoder });
    this.from.textContent = "";
    this.tell(say("player.decoded_none"));
  }

  /** @param {[number, number, string][]} sheets */
  add(sheets) {
    for (const [k, count, url] of sheets) {
      if (this.sheets.some((one) => one.k === k)) continue;
      const image = new Image();
      image.onload = () => this.last && this.show(this.last[0], this.last[1]);
      image.src = url;
      this.sheets.push({ k, count, image });
      this.sheets.sort((a, b) => a.k - b.k);
    }
  }

  /**
   * @param {import("./frames.js").Film} film
   * @param {number} k of the frame that is shown
   */
  show(film, k) {
    this.last = [film, k];
    if (this.figure.hidden) return;
    const sheet = this.sheets.filter((one) => one.k <= k && one.image.complete && one.image.naturalWidth).at(-1);
    if (!sheet || sheet === this.shown) return;
    this.shown = sheet;
    this.paint(sheet);
    const { steps } = film,
      t = sheet.k < steps.length ? steps[sheet.k].t : steps[steps.length - 1].s;
    this.from.textContent = say("player.from_t", { t });
    this.canvas.setAttribute("aria-label", say("player.seen_decoded", { t, count: sheet.count }));
    this.tell(sheet.count < this.all ? say("player.decoded_part", { count: sheet.count, all: this.all }) : "");
  }

  paint({ count, image }) {
    const W = image.naturalWidth,
      H = image.naturalHeight / count,
      grid = gridFor([this.all, 3, H, W], this.labelled),
      pen = this.canvas.getContext("2d");
    Object.assign(this.canvas, { width: grid.width, height: grid.height });
    for (let n = 0; n < count; n++) {
      const { x, y } = originOf(grid, n);
      pen.drawImage(image, 0, n * H, W, H, x, y, W, H);
    }
    const across = this.canvas.clientWidth * devicePixelRatio;
    this.canvas.style.imageRendering = across >= grid.width ? "pixelated" : "auto";
  }

  tell(text) {
    this.told.textContent = text;
    this.told.hidden = !text;
  }
}
