// A sheet: title, words, pictures, plots and formulas one beneath the other, as one SVG with real text in it.
import { make } from "../page/dom.js";

const NS = 'xmlns="http://www.w3.org/2000/svg"';
const LINE = 1.45;
const escaped = (/** @type {string} */ text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const pen = make("canvas").getContext("2d");
/** Words and single CJK characters, subscripts left with what they belong to. */
const TOKENS = /[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+|\s+/g;
const plain = (/** @type {string} */ text) => text.replace(/_\{([^}]*)\}/g, "$1");

export class Sheet {
  /**
   * @param {number} width
   * @param {{ ground: string, ink: string, muted: string, font: string }} look
   */
  constructor(width, look) {
    this.width = width;
    this.look = look;
    this.y = 28;
    this.edge = 32;
    /** @type {string[]} */
    this.parts = [];
    this.styles = "";
  }

  get room() {
    return this.width - 2 * this.edge;
  }

  /** The lines that a text takes within a width. */
  lines(text, size, width, weight = 400) {
    pen.font = `${weight} ${size}px ${this.look.font}`;
    const lines = [""];
    for (const token of text.match(TOKENS) || []) {
      const longer = lines.at(-1) + token;
      if (lines.at(-1) && pen.measureText(plain(longer)).width > width) lines.push(token.trimStart());
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  /** One line at a place; subscripts are lowered. */
  put(text, x, y, size, { colour = this.look.ink, weight = 400, anchor = "start" } = {}) {
    let lowered = 0;
    const spans = text.split(/_\{([^}]*)\}/).map((part, i) => {
      const below = i % 2,
        dy = ((below - lowered) * 0.22 * size).toFixed(1);
      lowered = part ? below : lowered;
      return part
        ? `<tspan${+dy ? ` dy="${dy}"` : ""}${below ? ` font-size="${0.72 * size}"` : ""}>${escaped(part)}</tspan>`
        : "";
    });
    const at = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}"`;
    this.parts.push(`<text ${at} font-weight="${weight}" fill="${colour}">${spans.join("")}</text>`);
  }

  text(text, size = 15, { weight = 400, colour = this.look.ink } = {}) {
    if (!text) return;
    for (const line of this.lines(text, size, this.room, weight)) {
      this.y += size * LINE;
      this.put(line, this.edge, this.y - 0.35 * size, size, { weight, colour });
    }
  }

  space(px = 14) {
    this.y += px;
  }

  legend(keys) {
    if (!keys.length) return;
    let x = this.edge;
    this.y += 24;
    for (const { text, colour, dash } of keys) {
      pen.font = `14px ${this.look.font}`;
      const long = 34 + pen.measureText(plain(text)).width;
      if (x + long > this.width - this.edge && x > this.edge) {
        x = this.edge;
        this.y += 22;
      }
      const line = `x1="${x}" x2="${x + 26}" y1="${this.y - 5}" y2="${this.y - 5}"`;
      this.parts.push(`<line ${line} stroke="${colour}" stroke-width="3.5" stroke-dasharray="${dash}"/>`);
      this.put(text, x + 32, this.y, 14);
      x += long + 22;
    }
    this.y += 8;
  }

  /**
   * Pictures beside each other, small ones enlarged pixel by pixel.
   * @param {any[]} all each {url, width, height, above, under, isPixels}; `edge` is the colour of its frame, and of
   *   one that is hidden its place stays empty
   * @param {number} [cellWidth] about how wide each may be
   * @param {number} [inLine] how many there are in a line, whatever their width
   */
  pictures(all, cellWidth = 0, inLine = 0) {
    const gap = inLine > 6 ? 8 : 16,
      most = all.length === 1 && !inLine ? Math.min(this.room, 640) : this.room,
      fitting = Math.max(1, Math.min(all.length, Math.floor((most + gap) / ((cellWidth || 88) + gap)))),
      columns = inLine || fitting,
      largest = inLine === 1 ? most : all.length === 1 && !inLine ? 720 : 360,
      cell = Math.min(largest, (most - gap * (columns - 1)) / columns);
    for (let from = 0; from < all.length; from += columns) {
      const row = all.slice(from, from + columns);
      const heads = row.map(({ above }) => above.flatMap((one) => this.lines(one, 13, cell)));
      const feet = row.map(({ under }) => under.flatMap((one) => this.lines(one, 13, cell)));
      const top = this.y + 20 * Math.max(...heads.map(({ length }) => length));
      let low = 0;
      row.forEach(({ url, width, height, isPixels, isHidden = false, edge = "" }, i) => {
        const isWhole = isPixels && cell >= width && row.every((one) => one.width === width);
        const times = isWhole ? Math.floor(cell / width) : cell / width;
        const [w, h, x] = [width * times, height * times, this.edge + i * (cell + gap)];
        heads[i].forEach((line, k) => this.put(line, x, top - 20 * (heads[i].length - k) + 14, 13, { weight: 600 }));
        const at = `x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}"`;
        const how = isPixels ? ' style="image-rendering: pixelated" image-rendering="optimizeSpeed"' : "";
        if (!isHidden) this.parts.push(`<image ${at} href="${url}" preserveAspectRatio="none"${how}/>`);
        if (edge && !isHidden) this.parts.push(`<rect ${at} fill="none" stroke="${edge}" stroke-width="2"/>`);
        feet[i].forEach((line, k) => this.put(line, x, top + h + 17 + 18 * k, 13, { colour: this.look.muted }));
        low = Math.max(low, h + 18 * feet[i].length);
      });
      this.y = top + low + gap + 4;
    }
  }

  /** Another drawing as it is. */
  drawing(markup, width, height, x = this.edge) {
    const inner = markup.replace(/<\?xml[^>]*\?>/, "").replace(/<svg([^>]*)>/, (_, given) => {
      const kept = given.replace(/\s(?:x|y|width|height)="[^"]*"/g, "");
      const box = /viewBox=/.test(kept) ? "" : ` viewBox="0 0 ${width} ${height}"`;
      const name = /xmlns=/.test(kept) ? "" : ` ${NS}`;
      return `<svg x="${x}" y="${this.y.toFixed(1)}" width="${width}" height="${height}"${name}${kept}${box}>`;
    });
    this.parts.push(inner);
    this.y += height + 8;
  }

  /** What only a browser can set, such as a formula; other readers show `instead`. */
  markup(html, height, instead) {
    const at = `x="${this.edge}" y="${this.y.toFixed(1)}" width="${this.room}" height="${Math.ceil(height)}"`;
    const lines = this.lines(instead, 14, this.room).map(
      (line, i) => `<tspan x="${this.edge}" dy="${i ? 20 : 0}">${escaped(plain(line))}</tspan>`,
    );
    const fallback = `<text x="${this.edge}" y="${(this.y + 18).toFixed(1)}" font-size="14" fill="${this.look.ink}">`;
    this.parts.push(`<switch><foreignObject ${at}>${html}</foreignObject>${fallback}${lines.join("")}</text></switch>`);
    this.y += Math.ceil(height) + 8;
  }

  /** @param {string} name what the drawing is called */
  svg(name) {
    const { width, look, parts, styles } = this,
      height = Math.ceil(this.y + 24);
    const open = `<svg ${NS} width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    const ground = `<rect width="${width}" height="${height}" fill="${look.ground}"/>`;
    const style = styles ? `<style>${styles.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</style>` : "";
    const font = escaped(look.font);
    const title = `<title>${escaped(plain(name))}</title>`;
    return `${open} font-family="${font}">${title}${style}${ground}${parts.join("\n")}</svg>`;
  }
}

const loaded = (/** @type {string} */ url) =>
  new Promise((done, fail) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => fail(new Error("the drawing cannot be read"));
    image.src = url;
  });
// Browsers refuse canvases above this.
const MOST_SIDE = 16000,
  MOST_PIXELS = 120e6;

/**
 * An SVG as pixels, twice as many as it is large, as far as a canvas can be so large.
 * @param {string} svg
 * @returns {Promise<Blob>}
 */
export const pngOf = async (svg) => {
  const image = await loaded(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`);
  const { width, height } = image;
  const scale = Math.min(2, MOST_SIDE / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = Object.assign(make("canvas"), {
    width: Math.round(width * scale),
    height: Math.round(height * scale),
  });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture came of it"))), "image/png"),
  );
};

/** @param {string} name @param {Blob} blob */
export const save = (name, blob) => {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

/** @param {string} svg @param {string} format "svg" or "png" @returns {Promise<Blob>} */
export const fileOf = async (svg, format) =>
  format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : pngOf(svg);
