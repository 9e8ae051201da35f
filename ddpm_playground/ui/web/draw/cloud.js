// Points in the plane on a panel's canvas: a run whose pictures are one pixel of two channels, x right and y up.
import { halfTable } from "../core/half.js";

export const CLOUD = { side: 640, reach: 3, near: 0.035, trails: 40, tail: 8 };
export const cloudGrid = ([N, C]) => ({
  N,
  C,
  H: 1,
  W: 1,
  columns: 1,
  rows: 1,
  gap: 0,
  width: CLOUD.side,
  height: CLOUD.side,
  cloud: true,
});
// Point n of flat pairs as shares of the canvas's width and height, from its upper left corner.
export const placeIn = (values, n, reach) => [0.5 + values[2 * n] / (2 * reach), 0.5 - values[2 * n + 1] / (2 * reach)];

// The point nearest to a place given in shares of the canvas; −1 where none is near.
export const nearestPoint = (values, reach, across, down) => {
  let best = -1,
    least = CLOUD.near ** 2;
  for (let n = 0; 2 * n < values.length; n++) {
    const [x, y] = placeIn(values, n, reach),
      far = (x - across) ** 2 + (y - down) ** 2;
    if (far < least) [best, least] = [n, far];
  }
  return best;
};

// Axes through 0 with ticks at whole numbers, the points, and ways that some of them have come.
export const drawCloud = (pen, values, { reach, colours, ways = [] }) => {
  const { side } = CLOUD,
    put = (x, y) => [side * (0.5 + x / (2 * reach)), side * (0.5 - y / (2 * reach))];
  pen.clearRect(0, 0, side, side);
  pen.strokeStyle = colours.line;
  pen.lineWidth = 2;
  pen.globalAlpha = 0.35;
  pen.beginPath();
  for (let v = -Math.floor(reach); v <= reach; v++) {
    const tick = v === 0 ? reach : reach / 40;
    for (const [from, to] of [
      [put(v, -tick), put(v, tick)],
      [put(-tick, v), put(tick, v)],
    ]) {
      pen.moveTo(...from);
      pen.lineTo(...to);
    }
  }
  pen.stroke();
  pen.strokeStyle = colours.way;
  pen.lineWidth = 2;
  pen.globalAlpha = 0.5;
  for (const way of ways) {
    pen.beginPath();
    for (let i = 0; i < way.length; i += 2) pen.lineTo(...put(way[i], way[i + 1]));
    pen.stroke();
  }
  pen.globalAlpha = 0.75;
  pen.fillStyle = colours.point;
  for (let i = 0; i < values.length; i += 2) {
    const [x, y] = put(values[i], values[i + 1]);
    pen.beginPath();
    pen.arc(x, y, 4.5, 0, 7);
    pen.fill();
  }
  pen.globalAlpha = 1;
};
// The way of point n through frames from…to of a film, as flat pairs.
export const wayOf = (film, n, from, to) => {
  const table = halfTable(),
    out = new Float32Array(2 * (to + 1 - from));
  for (let i = from; i <= to; i++) for (const c of [0, 1]) out[2 * (i - from) + c] = table[film.frames[i].x[2 * n + c]];
  return out;
};
