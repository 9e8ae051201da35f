// Where the pictures of a run stand, and how numbers become pixels. No DOM. Arrays are flat, N·C·H·W.

// Rows and columns for N pictures: ten columns for ten classes, else near 1.2 √N with few empty places.
const columnsFor = (N, labelled) => {
  if (labelled && N % 10 === 0) return 10;
  const wanted = 1.2 * Math.sqrt(N);
  let best = 1, least = Infinity;
  for (let c = 1; c <= N; c++) {
    const cost = Math.abs(c - wanted) / wanted + (4 * (Math.ceil(N / c) * c - N)) / N;
    if (cost < least) [best, least] = [c, cost];
  }
  return best;
};

// Where each picture stands on the canvas, in canvas pixels, with a narrow gap between pictures.
const gridFor = ([N, C, H, W], labelled) => {
  const columns = columnsFor(N, labelled), rows = Math.ceil(N / columns);
  const gap = N > 1 ? Math.max(1, Math.round(W * 0.04)) : 0;
  return { N, C, H, W, columns, rows, gap, width: columns * (W + gap) - gap, height: rows * (H + gap) - gap };
};

// Canvas pixel → {image, row, column}, or null in a gap.
const pixelAt = (grid, x, y) => {
  const across = Math.floor(x / (grid.W + grid.gap)), down = Math.floor(y / (grid.H + grid.gap));
  const column = Math.floor(x) - across * (grid.W + grid.gap), row = Math.floor(y) - down * (grid.H + grid.gap);
  const image = down * grid.columns + across;
  const inside = x >= 0 && y >= 0 && across < grid.columns && column < grid.W && row < grid.H && image < grid.N;
  return inside ? { image, row, column } : null;
};
const originOf = (grid, image) => ({
  x: (image % grid.columns) * (grid.W + grid.gap),
  y: Math.floor(image / grid.columns) * (grid.H + grid.gap),
});
const indexOf = (grid, { image, row, column }, channel) => ((image * grid.C + channel) * grid.H + row) * grid.W + column;

// Floats → pixels (little-endian RGBA words): ±limit becomes 0…255, 0 is middle grey, beyond is cut off.
const byteOf = (v, scale) => {
  const b = Math.round(v * scale + 127.5);
  return b < 0 ? 0 : b > 255 ? 255 : b;
};
// byteOf for every half, so that a half is painted by one look-up.
const halfBytes = (limit) => {
  const out = new Uint8Array(65536), table = halfTable();
  for (let i = 0; i < 65536; i++) out[i] = byteOf(table[i], 127.5 / limit);
  return out;
};
// Calls paint(index of a picture's first value, word of its first pixel) for every row of every picture.
const eachRow = (grid, paint) => {
  const { N, C, H, W, width } = grid;
  for (let n = 0; n < N; n++) {
    const { x, y } = originOf(grid, n);
    for (let row = 0; row < H; row++) paint(n * C * H * W + row * W, (y + row) * width + x);
  }
};
const paintHalves = (words, grid, halves, lut) => {
  const { C, W } = grid, plane = grid.H * W;
  eachRow(grid, (from, to) => {
    if (C === 1) for (let i = 0; i < W; i++) words[to + i] = 0xff000000 | (lut[halves[from + i]] * 0x010101);
    else
      for (let i = 0, p = from; i < W; i++, p++)
        words[to + i] = 0xff000000 | (lut[halves[p + 2 * plane]] << 16) | (lut[halves[p + plane]] << 8) | lut[halves[p]];
  });
};
const paintFloats = (words, grid, values, limit) => {
  const { C, W } = grid, plane = grid.H * W, scale = 127.5 / limit;
  eachRow(grid, (from, to) => {
    if (C === 1) for (let i = 0; i < W; i++) words[to + i] = 0xff000000 | (byteOf(values[from + i], scale) * 0x010101);
    else
      for (let i = 0, p = from; i < W; i++, p++)
        words[to + i] = 0xff000000 | (byteOf(values[p + 2 * plane], scale) << 16)
          | (byteOf(values[p + plane], scale) << 8) | byteOf(values[p], scale);
  });
};
