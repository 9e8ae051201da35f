// Histogram of pixel values as a density, against the density of N(0, 1).
import { normalDensity } from "../core/formulas.js";
import { number } from "../core/number.js";
import { axes, AXIS_FONT, legend } from "../draw/axes.js";
import { inks, sharp, tellDrawing } from "../draw/canvas.js";
import { say } from "../page/words.js";

const HISTOGRAM = { low: -4, high: 4, bins: 80, top: 0.8 };

export class Histogram {
  constructor(canvas) {
    this.canvas = canvas;
    this.counts = new Float64Array(HISTOGRAM.bins);
    this.walked = new Float64Array(HISTOGRAM.bins);
  }

  // Density per bin; values outside are counted in the whole but shown nowhere. Returns mean and deviation.
  count(values, into) {
    const { low, high, bins } = HISTOGRAM,
      scale = bins / (high - low);
    let sum = 0,
      squares = 0;
    into.fill(0);
    for (let i = 0; i < values.length; i++) {
      const v = values[i],
        bin = Math.floor((v - low) * scale);
      if (bin >= 0 && bin < bins) into[bin]++;
      sum += v;
      squares += v * v;
    }
    const mean = sum / values.length;
    for (let i = 0; i < bins; i++) into[i] *= scale / values.length;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) };
  }

  draw(x_t, walk) {
    const seen = this.count(x_t, this.counts),
      sheet = sharp(this.canvas);
    if (walk) this.count(walk, this.walked);
    if (sheet) this.put(sheet, !!walk);
    tellDrawing(this.canvas, (other) => this.put(other, !!walk));
    return seen;
  }

  put(sheet, walks) {
    const { low, high, bins, top } = HISTOGRAM,
      { pen } = sheet,
      colours = inks(this.canvas);
    const at = axes(sheet, colours, {
      x: [low, high],
      y: [0, top],
      xTicks: [-4, -3, -2, -1, 0, 1, 2, 3, 4],
      yTicks: [0, 0.2, 0.4, 0.6, 0.8],
      xName: say("forward.histogram_x"),
      yName: say("forward.histogram_y"),
    });
    const edge = (i) => at.X(low + ((high - low) * i) / bins);
    pen.fillStyle = colours["sym-x-t"];
    let above = null;
    for (let i = 0; i < bins; i++) {
      const v = this.counts[i],
        y = at.Y(Math.min(v, top));
      pen.globalAlpha = 0.75;
      if (v > 0) pen.fillRect(edge(i) + 0.5, y, edge(i + 1) - edge(i) - 1, at.base - y);
      if (v > top && (above === null || v > this.counts[above])) above = i;
    }
    pen.globalAlpha = 1;
    if (walks) this.outline(pen, at, edge, colours);
    this.bell(pen, at, colours);
    this.greys(pen, at);
    if (above !== null) {
      pen.font = AXIS_FONT;
      pen.fillStyle = colours.ink;
      pen.textAlign = "left";
      pen.fillText(`↑ ${number(this.counts[above], 2)}`, edge(above + 1) + 4, at.top + 7);
    }
    const entries = [
      [say("forward.histogram_bars"), colours["sym-x-t"], "bar"],
      [say("forward.histogram_line"), colours["sym-eps"], []],
    ];
    if (walks) entries.splice(1, 0, [say("forward.histogram_walk"), colours.ink, [2, 2]]);
    legend(sheet, colours, entries);
  }

  outline(pen, at, edge, colours) {
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 1.3;
    pen.setLineDash([2, 2]);
    pen.beginPath();
    for (let i = 0; i < HISTOGRAM.bins; i++) {
      const y = at.Y(Math.min(this.walked[i], HISTOGRAM.top));
      pen.lineTo(edge(i), y);
      pen.lineTo(edge(i + 1), y);
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  bell(pen, at, colours) {
    pen.strokeStyle = colours["sym-eps"];
    pen.lineWidth = 2.2;
    pen.beginPath();
    for (let v = HISTOGRAM.low; v <= HISTOGRAM.high + 1e-9; v += 0.05) {
      pen.lineTo(at.X(v), at.Y(normalDensity(v)));
    }
    pen.stroke();
  }

  // Under the axis, the grey each value is shown as.
  greys(pen, at) {
    const scale = pen.createLinearGradient(at.X(-1), 0, at.X(1), 0);
    scale.addColorStop(0, "#000");
    scale.addColorStop(1, "#fff");
    pen.fillStyle = scale;
    pen.fillRect(at.left, at.base + 1, at.right - at.left, 5);
  }
}
