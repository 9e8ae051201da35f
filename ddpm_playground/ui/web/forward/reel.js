// The film under the picture: frames of x_t from t = 0 to T on a strip with perforations.
import { blend, noiseWeight, signalWeight } from "../core/formulas.js";
import { paint, sharp } from "../draw/canvas.js";

const REEL = { edge: 12, cell: 88, least: 44, most: 96 };

export class Reel {
  constructor(root) {
    this.canvas = root.querySelector(".film");
    this.root = root;
    this.frame = document.createElement("canvas");
  }

  // A small copy of planes: every n-th pixel, so that the film costs the same for any picture.
  static small(values, [C, H, W], most) {
    const n = Math.max(1, Math.ceil(Math.max(H, W) / most)),
      h = Math.ceil(H / n),
      w = Math.ceil(W / n),
      out = new Float32Array(C * h * w);
    let k = 0;
    for (let c = 0; c < C; c++)
      for (let i = 0; i < H; i += n) for (let j = 0; j < W; j += n) out[k++] = values[c * H * W + i * W + j];
    return { values: out, shape: [C, h, w] };
  }

  draw({ x_0, eps, shape, alphaBars, T }) {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const count = Math.max(5, Math.min(T + 1, Math.round(width / (width < 600 ? 56 : REEL.cell)))),
      cell = width / count;
    this.root.style.setProperty("--cell", `${cell}px`);
    const sheet = sharp(this.canvas);
    if (!sheet) return;
    const { pen, height } = sheet,
      x = Reel.small(x_0, shape, REEL.most),
      e = Reel.small(eps, shape, REEL.most);
    const mixed = new Float32Array(x.values.length);
    pen.fillStyle = "#0c0e13";
    pen.fillRect(0, 0, width, height);
    for (let i = 0; i < count; i++) {
      const alphaBar = alphaBars[Math.round((T * i) / (count - 1))];
      paint(this.frame, blend(mixed, x.values, signalWeight(alphaBar), e.values, noiseWeight(alphaBar)), x.shape);
      pen.imageSmoothingEnabled = x.shape[2] > cell;
      pen.drawImage(this.frame, i * cell + 3, REEL.edge + 1, cell - 6, height - 2 * REEL.edge - 2);
    }
    pen.fillStyle = "#f2f3f6";
    pen.globalAlpha = 0.82;
    const holes = Math.round(width / 20),
      step = width / holes;
    for (let i = 0; i < holes; i++)
      for (const y of [3.5, height - 8.5]) {
        pen.beginPath();
        pen.roundRect(i * step + step / 2 - 4, y, 8, 5, 1.6);
        pen.fill();
      }
    pen.globalAlpha = 1;
  }
}
