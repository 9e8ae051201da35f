// Measured factor of x_0 and noise variance of a walk, on the curves √ᾱ_t and 1 − ᾱ_t of one big step.
import { noiseVariance, signalWeight } from "../core/formulas.js";
import { axes, legend } from "../draw/axes.js";
import { inks, sharp, tellDrawing } from "../draw/canvas.js";
import { say } from "../page/words.js";

export const drawWalk = (canvas, alphaBars, seen, t) => {
  const sheet = sharp(canvas),
    draw = (on) => put(on, inks(canvas), alphaBars, seen, t);
  if (sheet) draw(sheet);
  tellDrawing(canvas, draw);
};
const put = (sheet, colours, alphaBars, seen, t) => {
  const T = alphaBars.length - 1,
    { pen } = sheet,
    quarter = T / 4;
  const at = axes(sheet, colours, {
    x: [0, T],
    y: [0, 1.1],
    xTicks: T < 4 ? [0, T] : [0, 1, 2, 3, 4].map((i) => Math.round(i * quarter)),
    yTicks: [0, 0.25, 0.5, 0.75, 1],
    xName: say("forward.walk_x"),
    yName: say("forward.walk_y"),
  });
  const stride = Math.max(1, Math.floor(T / 400));
  const curve = (colour, value) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    for (let k = 0; k <= T; k += stride) pen.lineTo(at.X(k), at.Y(value(alphaBars[k])));
    pen.lineTo(at.X(T), at.Y(value(alphaBars[T])));
    pen.stroke();
    pen.globalAlpha = 1;
  };
  curve(colours["sym-x-0"], signalWeight);
  curve(colours["sym-eps"], noiseVariance);
  pen.strokeStyle = colours.muted;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(at.X(t), at.top);
  pen.lineTo(at.X(t), at.base);
  pen.stroke();
  pen.setLineDash([]);
  const dots = (colour, key) => {
    pen.fillStyle = colour;
    seen.forEach((point, i) => {
      if (point[key] === null) return;
      pen.beginPath();
      pen.arc(at.X(point.k), at.Y(Math.min(1.1, Math.max(0, point[key]))), i === seen.length - 1 ? 5 : 1.8, 0, 7);
      pen.fill();
    });
  };
  dots(colours["sym-x-0"], "factor");
  dots(colours["sym-eps"], "variance");
  legend(sheet, colours, [
    [say("forward.walk_factor"), colours["sym-x-0"], "dot"],
    [say("forward.walk_variance"), colours["sym-eps"], "dot"],
  ]);
};
