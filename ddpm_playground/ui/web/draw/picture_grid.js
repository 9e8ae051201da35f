// Where the pictures of a run stand, and how numbers become pixels. No DOM. Arrays are flat, N·C·H·W.

// Rows and columns for N pictures: ten columns for ten classes, else near 1.2 √N with few empty places.
import { halfTable } from "../core/half.js";

export const columnsFor = (N, labelled) => {
  if (labelled && N % 10 === 0) return 10;
  const wanted = 1.2 * Math.sqrt(N);
  let best = 1,
    least = Infinity;
  for (let c = 1; c <= N; c++) {
    const cost = Math.abs(c - wanted) / wanted + (4 * (Math.ceil(N / c) * c - N)) / N;
    if (cost < least) [best, least] = [c, cost];
  }
  return best;
};

// Where each picture stands on the canvas, in canvas pixels, with a narrow gap between pictures.
export const gridFor = ([N, C, H, W], labelled) => {
  const columns = columnsFor(N, labelled),
    rows = Math.ceil(N / columns);
  const gap = N > 1 ? Math.max(1, Math.round(W * 0.04)) : 0;
  return { N, C, H, W, columns, rows, gap, width: columns * (W + gap) - gap, height: rows * (H + gap) - gap };
};

// Canvas pixel → {image, row, column}, or null in a gap.
export const pixelAt = (grid, x, y) => {
  const across = Math.floor(x / (grid.W + grid.gap)),
    down = Math.floor(y / (grid.H + grid.gap));
  const column = Math.floor(x) - across * (grid.W + grid.gap),
    row = Math.floor(y) - down * (grid.H + grid.gap);
  const image = down * grid.columns + across;
  const inside = x >= 0 && y >= 0 && across < grid.columns && column < grid.W && row < grid.H && image < grid.N;
  return inside ? { image, row, column } : null;
};
export const originOf = (grid, image) => ({
  x: (image % grid.columns) * (grid.W + grid.gap),
  y: Math.floor(image / grid.columns) * (grid.H + grid.gap),
});
export const indexOf = (grid, { image, row, column }, channel) =>
  ((image * grid.C + channel) * grid.H + row) * grid.W + column;

// Floats → pixels (little-endian RGBA words): ±limit becomes 0…255, 0 is middle grey, beyond is cut off.
const byteOf = (v, scale) => {
  const b = v * scale + 128; // + 127.5, rounded: Math.round is slower than to cut off
  return b < 0 ? 0 : b >= 256 ? 255 : b | 0;
};
// byteOf for every half, so that a half is painted by one look-up.
export const halfBytes = (limit) => {
  const out = new Uint8Array(65536),
    table = halfTable();
  for (let i = 0; i < 65536; i++) out[i] = byteOf(table[i], 127.5 / limit);
  return out;
};
// Calls paint(index of a picture's first value, word of its first pixel, pixels) for every row of every picture. Where
// the grid has cells of 2 × 2 pixels there is one value for each cell, and it is spread over the cell's pixels.
const eachRow = (words, grid, paint) => {
  const { N, C, H, W, width, cell = 1 } = grid,
    h = H / cell,
    w = W / cell;
  for (let n = 0; n < N; n++) {
    const { x, y } = originOf(grid, n);
    for (let row = 0; row < h; row++) {
      const to = (y + row * cell) * width + x;
      paint(n * C * h * w + row * w, to, w);
      if (cell === 1) continue;
      for (let i = w - 1; i >= 0; i--) words[to + 2 * i] = words[to + 2 * i + 1] = words[to + i];
      words.copyWithin(to + width, to, to + W);
    }
  }
};
// A large frame in motion is painted from every second row and column; at rest every pixel has its value.
const MOST_MOVING = 400_000;
export const canThin = ({ N, C, H, W }) => N * C * H * W > MOST_MOVING && H % 2 === 0 && W % 2 === 0;
export const thin = (values, { N, C, H, W }, out) => {
  for (let plane = 0, j = 0; plane < N * C; plane++)
    for (let row = 0; row < H; row += 2)
      for (let i = (plane * H + row) * W, end = i + W; i < end; i += 2) out[j++] = values[i];
  return out;
};
export const paintHalves = (words, grid, halves, lut) => {
  const { C, H, W, cell = 1 } = grid,
    plane = (H * W) / cell ** 2;
  eachRow(words, grid, (from, to, w) => {
    if (C === 1) for (let i = 0; i < w; i++) words[to + i] = 0xff000000 | (lut[halves[from + i]] * 0x010101);
    else
      for (let i = 0, p = from; i < w; i++, p++)
        words[to + i] =
          0xff000000 | (lut[halves[p + 2 * plane]] << 16) | (lut[halves[p + plane]] << 8) | lut[halves[p]];
  });
};
export const paintFloats = (words, grid, values, limit) => {
  const { C, H, W, cell = 1 } = grid,
    plane = (H * W) / cell ** 2,
    scale = 127.5 / limit;
  eachRow(words, grid, (from, to, w) => {
    if (C === 1) for (let i = 0; i < w; i++) words[to + i] = 0xff000000 | (byteOf(values[from + i], scale) * 0x010101);
    else
      for (let i = 0, p = from; i < w; i++, p++)
        words[to + i] =
          0xff000000 |
          (byteOf(values[p + 2 * plane], scale) << 16) |
          (byteOf(values[p + plane], scale) << 8) |
          byteOf(values[p], scale);
  });
};
// Latents of C channels, as colours W z + b of a linear map; without b where they are no pictures, as noise is none.
export const paintMapped = (words, grid, values, limit, { weights, offset }, isPicture = true) => {
  const { C, H, W, cell = 1 } = grid,
    plane = (H * W) / cell ** 2,
    scale = 127.5 / limit,
    start = isPicture ? offset : [0, 0, 0];
  eachRow(words, grid, (from, to, w) => {
    for (let i = 0; i < w; i++) {
      let [red, green, blue] = start;
      for (let c = 0, p = from + i; c < C; c++, p += plane) {
        const row = weights[c],
          z = values[p];
        red += row[0] * z;
        green += row[1] * z;
        blue += row[2] * z;
      }
      words[to + i] = 0xff000000 | (byteOf(blue, scale) << 16) | (byteOf(green, scale) << 8) | byteOf(red, scale);
    }
  });
};
// x_t or x̂_0 as a picture, whatever it is.
export const paintPicture = (words, grid, values, colours) =>
  colours ? paintMapped(words, grid, values, 1, colours) : paintFloats(words, grid, values, 1);
