// One picture of the reader's own: a bundled digit, a drawing, a file; and the mask that is painted on it.
import { base64, float32, urlBytes, urlText } from "../core/base64.js";
import { bitsOf, flagsOf, packBits, unpackBits } from "../core/packbits.js";
import { paint } from "../draw/canvas.js";
import { make, makeButton } from "../page/dom.js";
import { say } from "../page/words.js";

const BRUSH = 0.06, // of the picture's width
  RED = [225, 70, 70];

/** @typedef {[number, number, number]} Shape */

// Pictures have 256 levels, as files have, so that an address holds them exactly.
const toLevels = (/** @type {Float32Array} */ values) => Uint8ClampedArray.from(values, (value) => (value + 1) * 127.5);
const fromLevels = (/** @type {ArrayLike<number>} */ levels) =>
  Float32Array.from({ length: levels.length }, (_, i) => levels[i] / 127.5 - 1);
/** What a picture of one's own begins with in an address. */
const OWN = "~";

export class Source {
  /**
   * @param {string} name what it is called above its picture
   * @param {(digit: number) => Promise<string | null>} digitOf a bundled digit's values, as base64
   * @param {() => void} changed
   */
  constructor(name, digitOf, changed) {
    this.digitOf = digitOf;
    this.changed = changed;
    /** @type {Shape} */
    this.shape = [1, 28, 28];
    /** @type {number | null} the bundled digit that is shown, or null for one's own */
    this.digit = null;
    this.values = new Float32Array(784).fill(-1);
    this.mask = new Float32Array(784);
    this.isMasking = false;
    this.canvas = make("canvas");
    this.canvas.getContext("2d", { willReadFrequently: true });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", say("own_picture.canvas"));
    this.number = Object.assign(make("input"), { type: "number", min: 0, max: 999, step: 1 });
    this.file = Object.assign(make("input"), { type: "file", accept: "image/*" });
    const blank = makeButton("", say("own_picture.draw")),
      upload = make("label", "upload", make("span", "", say("own_picture.upload")), this.file);
    this.unmask = makeButton("", say("own_picture.unmask"));
    this.hint = make("p", "hint");
    this.number.addEventListener("change", () => this.take(+this.number.value));
    blank.addEventListener("click", () => this.own(new Float32Array(this.values.length).fill(-1)));
    this.unmask.addEventListener("click", () => {
      this.mask.fill(0);
      this.draw();
      this.changed();
    });
    this.file.addEventListener("change", () => this.file.files?.[0] && this.read(this.file.files[0]));
    this.follow();
    this.root = make(
      "div",
      "source",
      make("h3", "", name),
      this.canvas,
      this.hint,
      make("label", "", make("span", "", say("own_picture.digit")), this.number),
      make("div", "keys-of", blank, upload, this.unmask),
    );
  }

  /** What the server is sent: the number of a digit, or values. */
  get asked() {
    return this.digit === null ? base64(this.values) : this.digit;
  }

  /** The picture as an address has it: the number of a digit, or packed levels. */
  get code() {
    if (this.digit !== null) return String(this.digit);
    return OWN + urlText(packBits(new Uint8Array(toLevels(this.values))));
  }

  /** The mask likewise; "" where nothing is painted. */
  get maskCode() {
    return this.mask.some(Boolean) ? urlText(packBits(bitsOf(this.mask))) : "";
  }

  /**
   * Shows what an address has; what is no such picture is told and left out.
   * @param {string} code
   * @param {string} maskCode
   */
  async restore(code, maskCode = "") {
    const [C, H, W] = this.shape;
    if (/^\d+$/.test(code)) await this.take(+code, false);
    else if (code) {
      const packed = code.startsWith(OWN) ? urlBytes(code.slice(OWN.length)) : null,
        levels = packed && unpackBits(packed, C * H * W);
      if (levels) this.set(null, fromLevels(levels));
      else this.hint.textContent = say("own_picture.unreadable_link");
    }
    const packed = maskCode ? urlBytes(maskCode) : null,
      bits = packed && unpackBits(packed, Math.ceil((H * W) / 8));
    if (bits) this.mask = flagsOf(bits, H * W);
    else if (maskCode) this.hint.textContent = say("own_picture.unreadable_link");
    this.draw();
  }

  /** @param {Shape} shape */
  resize(shape) {
    if (String(shape) === String(this.shape)) return;
    this.shape = shape;
    const size = shape[0] * shape[1] * shape[2];
    this.values = new Float32Array(size).fill(-1);
    this.mask = new Float32Array(shape[1] * shape[2]);
    this.digit = null;
    this.draw();
  }

  /** @param {boolean} isMasking whether a stroke paints the mask, or ink */
  masking(isMasking) {
    this.isMasking = isMasking;
    this.unmask.hidden = !isMasking;
    this.hint.textContent = say(isMasking ? "own_picture.hint_mask" : "own_picture.hint_draw");
    this.draw();
  }

  /** A bundled digit. @param {number} digit @param {boolean} [isChange] */
  async take(digit, isChange = true) {
    const values = await this.digitOf(digit);
    if (values === null) return;
    this.set(digit, float32(values));
    if (isChange) this.changed();
  }

  /** @param {Float32Array<ArrayBuffer>} values */
  own(values) {
    this.set(null, fromLevels(toLevels(values)));
    this.changed();
  }

  /** @param {number | null} digit @param {Float32Array<ArrayBuffer>} values */
  set(digit, values) {
    this.digit = digit;
    this.number.value = digit === null ? "" : String(digit);
    this.values = values;
    this.draw();
  }

  /** A file, decoded here, covering the square, cut at its middle. @param {File} file */
  async read(file) {
    const [C, H, W] = this.shape;
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      this.hint.textContent = say("own_picture.unreadable", { name: file.name });
      return;
    }
    const canvas = Object.assign(make("canvas"), { width: W, height: H }),
      pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true })),
      scale = Math.max(W / picture.width, H / picture.height);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, W, H);
    pen.imageSmoothingQuality = "high";
    const [w, h] = [picture.width * scale, picture.height * scale];
    pen.drawImage(picture, (W - w) / 2, (H - h) / 2, w, h);
    const { data } = pen.getImageData(0, 0, W, H),
      values = new Float32Array(C * H * W);
    for (let i = 0; i < H * W; i++) {
      const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
      if (C === 1) values[i] = (0.299 * r + 0.587 * g + 0.114 * b) / 127.5 - 1;
      else [r, g, b].forEach((v, c) => (values[c * H * W + i] = v / 127.5 - 1));
    }
    this.own(values);
  }

  draw() {
    const [C, H, W] = this.shape;
    paint(this.canvas, this.values, this.shape);
    if (!this.isMasking) return;
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d")),
      image = pen.getImageData(0, 0, W, H);
    for (let i = 0; i < H * W; i++)
      if (this.mask[i] > 0.5) RED.forEach((v, c) => (image.data[4 * i + c] = 0.35 * image.data[4 * i + c] + 0.65 * v));
    pen.putImageData(image, 0, 0);
    this.canvas.dataset.channels = String(C);
  }

  follow() {
    /** @type {[number, number] | null} */
    let last = null;
    const place = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      return /** @type {[number, number]} */ ([
        ((event.clientX - box.left) / box.width) * this.shape[2] - 0.5,
        ((event.clientY - box.top) / box.height) * this.shape[1] - 0.5,
      ]);
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.canvas.setPointerCapture(event.pointerId);
      last = place(event);
      this.stroke(last, last);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const next = place(event);
      this.stroke(last, next);
      last = next;
    });
    for (const end of ["pointerup", "pointercancel"])
      this.canvas.addEventListener(end, () => {
        if (last && !this.isMasking) this.values = fromLevels(toLevels(this.values));
        if (last) this.changed();
        last = null;
      });
  }

  /** @param {[number, number]} from @param {[number, number]} to */
  stroke([x0, y0], [x1, y1]) {
    const [C, H, W] = this.shape,
      [dx, dy] = [x1 - x0, y1 - y0],
      square = dx * dx + dy * dy,
      radius = Math.max(this.isMasking ? 1.4 : 0.85, BRUSH * W * (this.isMasking ? 1.3 : 0.6));
    if (!this.isMasking && this.digit !== null) {
      this.digit = null;
      this.number.value = "";
    }
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++) {
        const along = square ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square)) : 0,
          far = Math.hypot(x - x0 - along * dx, y - y0 - along * dy),
          i = y * W + x;
        if (this.isMasking) {
          if (far <= radius) this.mask[i] = 1;
          continue;
        }
        const ink = 2 * Math.min(1, Math.max(0, 1 - (far - radius) / 0.9)) - 1;
        for (let c = 0; c < C; c++) if (ink > this.values[c * H * W + i]) this.values[c * H * W + i] = ink;
      }
    this.draw();
  }
}
