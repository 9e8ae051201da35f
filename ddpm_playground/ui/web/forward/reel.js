// The film under the picture: frames of x_t from t = 0 to T on a strip with perforations.
import { blend, noiseWeight, signalWeight } from "../core/formulas.js";
import { AXIS_FONT } from "../draw/axes.js";
import { inks, paint, sharp, tellDrawing } from "../draw/canvas.js";
import { say } from "../page/words.js";

const REEL = { edge: 12, cell: 88, least: 44, most: 96 };
// Where it stands alone: fewer frames, with the t of each beneath.
const ALONE = { frames: 10, foot: 26 };

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

  draw(state) {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const count = Math.max(5, Math.min(state.T + 1, Math.round(width / (width < 600 ? 56 : REEL.cell))));
    this.root.style.setProperty("--cell", `${width / count}px`);
    const sheet = sharp(this.canvas);
    if (sheet) this.strip(sheet, state, count);
  }

  /** How it is drawn where it stands alone, the frame nearest to t marked. */
  tell(state) {
    const count = Math.min(state.T + 1, ALONE.frames),
      { t, T } = state;
    const draw = (sheet) => {
      const { pen, width, height } = sheet,
        cell = width / count,
        now = T ? Math.round((t / T) * (count - 1)) : 0,
        colours = inks(this.canvas);
      this.strip({ ...sheet, height: height - ALONE.foot }, state, count);
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      for (let i = 0; i < count; i++) {
        pen.font = i === now ? `650 ${AXIS_FONT}` : AXIS_FONT;
        pen.fillStyle = i === now ? colours.ink : colours.muted;
        pen.fillText(say("forward.at_t", { t: Reel.tOf(i, count, T) }), (i + 0.5) * cell, height - ALONE.foot / 2);
      }
      pen.strokeStyle = colours["sym-x-t"];
      pen.lineWidth = 4;
      pen.strokeRect(now * cell + 2, REEL.edge, cell - 4, height - ALONE.foot - 2 * REEL.edge);
    };
    tellDrawing(this.canvas, draw, (width) => width / count + 2 * REEL.edge + ALONE.foot);
  }

  static tOf(i, count, T) {
    return Math.round((T * i) / (count - 1 || 1));
  }

  strip({ pen, width, height }, { x_0, eps, shape, alphaBars, T }, count) {
    const cell = width / count,
      x = Reel.small(x_0, shape, REEL.most),
      e = Reel.small(eps, shape, REEL.most);
    const mixed = new Float32Array(x.values.length);
    pen.fillStyle = "#0c0e13";
    pen.fillRect(0, 0, width, height);
    for (let i = 0; i < count; i++) {
      const alphaBar = alphaBars[Reel.tOf(i, count, T)];
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
