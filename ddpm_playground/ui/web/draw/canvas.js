// Pictures as numbers: planes (C,H,W) of float32 in −1…1, on a canvas as 0…255, clipped.
// gain · values on the canvas; −1 is black, 0 mid-grey, +1 white. The canvas is as large as the picture.
export const paint = (canvas, values, shape, gain = 1) => {
  const [C, H, W] = shape,
    size = H * W;
  if (canvas.width !== W || canvas.height !== H || !canvas.ddpmImage) {
    canvas.width = W;
    canvas.height = H;
    canvas.ddpmImage = canvas.getContext("2d").createImageData(W, H);
    canvas.ddpmImage.data.fill(255);
  }
  const pixels = canvas.ddpmImage.data,
    k = gain * 127.5,
    second = C === 3 ? size : 0,
    third = 2 * second;
  // Uint8ClampedArray rounds and clips.
  for (let i = 0, j = 0; i < size; i++, j += 4) {
    pixels[j] = values[i] * k + 127.5;
    pixels[j + 1] = values[i + second] * k + 127.5;
    pixels[j + 2] = values[i + third] * k + 127.5;
  }
  canvas.getContext("2d").putImageData(canvas.ddpmImage, 0, 0);
};

// A canvas as large on screen as its element, in device pixels; drawing is in CSS pixels. null if it is hidden.
export const sharp = (canvas) => {
  const width = canvas.clientWidth,
    height = canvas.clientHeight,
    ratio = window.devicePixelRatio || 1;
  if (!width || !height) return null;
  const W = Math.round(width * ratio),
    H = Math.round(height * ratio);
  if (canvas.width !== W || canvas.height !== H) Object.assign(canvas, { width: W, height: H });
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
};

/**
 * What a drawing is put on: its pen and its size, in CSS pixels of the page.
 * @typedef {{ pen: CanvasRenderingContext2D, width: number, height: number }} Sheet
 */
/**
 * What is drawn, not painted pixel by pixel, can be drawn again on a larger canvas, with letters and lines that grow.
 * @typedef {{ draw: (sheet: Sheet) => void, tall?: (width: number) => number, version: number }} Drawing
 */
/** @type {WeakMap<HTMLCanvasElement, Drawing>} */
const drawings = new WeakMap();
/**
 * Tells how a canvas was drawn just now.
 * @param {HTMLCanvasElement} canvas
 * @param {(sheet: Sheet) => void} draw
 * @param {(width: number) => number} [tall] how high it is for its width; as high as there is room without
 */
export const tellDrawing = (canvas, draw, tall) =>
  drawings.set(canvas, { draw, tall, version: (drawings.get(canvas)?.version || 0) + 1 });
export const drawingOf = (/** @type {any} */ canvas) => drawings.get(canvas);
/**
 * Draws again on `copy`, of `width` × `height` CSS pixels, all of it `times` as large as on the page.
 * @param {HTMLCanvasElement} copy
 * @param {Drawing} drawing
 * @param {{ width: number, height: number, times: number, ratio?: number }} size
 */
export const drawAgain = (copy, { draw }, { width, height, times, ratio = window.devicePixelRatio || 1 }) => {
  Object.assign(copy, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const pen = copy.getContext("2d");
  pen.setTransform(ratio * times, 0, 0, ratio * times, 0, 0);
  draw({ pen, width: width / times, height: height / times });
};

// Colours of the theme where the element stands; asked for again only when the page turns dark or light.
export const inks = (element) => {
  const dark = document.body.classList.contains("dark");
  if (element.ddpmInks && element.ddpmInks.dark === dark) return element.ddpmInks;
  const style = getComputedStyle(element),
    of = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ground", "ink", "muted", "line", "sym-x-0", "sym-eps", "sym-x-t"];
  return (element.ddpmInks = { dark, ...Object.fromEntries(names.map((name) => [name, of(name)])) });
};
