// The plane on a canvas: the data, samples, and arrows of the score that is learned beside the exact one.
import { sharp, tellDrawing } from "../draw/canvas.js";
import { colourOf } from "../draw/plots.js";

/** A point for each pixel event, within ±reach. */
export const pointAt = (canvas, reach, event) => {
  const box = canvas.getBoundingClientRect();
  const across = ((event.clientX - box.left) / box.width) * 2 * reach - reach,
    up = reach - ((event.clientY - box.top) / box.height) * 2 * reach;
  return [across, up].map((v) => +Math.max(-reach, Math.min(reach, v)).toFixed(3));
};

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} reach
 * @param {ArrayLike<number>} set flat pairs
 * @param {Record<"samples" | "points" | "learned" | "exact", Float32Array> | null} view flat pairs each
 */
export const drawPlane = (canvas, reach, set, view) => {
  const sheet = sharp(canvas),
    colour = (/** @type {string} */ name) => colourOf(canvas, name);
  if (sheet) put(sheet, colour, reach, set, view);
  tellDrawing(
    canvas,
    (other) => put(other, colour, reach, set, view),
    (width) => width,
  );
};
const put = ({ pen, width }, colour, reach, set, view) => {
  const place = (v) => ((v + reach) / (2 * reach)) * width;
  const dots = (points, css, size) => {
    pen.fillStyle = colour(css);
    for (let i = 0; i < points.length; i += 2) {
      pen.beginPath();
      pen.arc(place(points[i]), width - place(points[i + 1]), size, 0, 7);
      pen.fill();
    }
  };
  pen.globalAlpha = 0.4;
  dots(set, "--sym-x-0", set.length < 400 ? 4 : 1.6);
  pen.globalAlpha = 1;
  if (!view) return;
  const { points, exact, learned, samples } = view;
  let longest = 1e-9;
  for (let i = 0; i < exact.length; i += 2) longest = Math.max(longest, Math.hypot(exact[i], exact[i + 1]));
  const arrows = (field, css, thick) => {
    pen.strokeStyle = colour(css);
    pen.lineWidth = thick;
    pen.beginPath();
    for (let i = 0; i < field.length; i += 2) {
      // Length by the root of the score's, so that the short ones are seen.
      const [x, y] = [place(points[i]), width - place(points[i + 1])],
        size = Math.hypot(field[i], field[i + 1]);
      const length = ((width / 17) * 0.95 * Math.sqrt(Math.min(1, size / longest))) / (size || 1),
        [dx, dy] = [field[i] * length, -field[i + 1] * length];
      pen.moveTo(x, y);
      pen.lineTo(x + dx, y + dy);
      pen.moveTo(x + dx - 0.3 * dx - 0.18 * dy, y + dy - 0.3 * dy + 0.18 * dx);
      pen.lineTo(x + dx, y + dy);
      pen.lineTo(x + dx - 0.3 * dx + 0.18 * dy, y + dy - 0.3 * dy - 0.18 * dx);
    }
    pen.stroke();
  };
  arrows(exact, "--muted", 2.4);
  arrows(learned, "--sym-eps", 1.2);
  dots(samples, "--sym-x-hat-0", 2.2);
};
