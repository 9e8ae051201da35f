// Pictures of a reader's own, as a network takes them: scaled so that they cover its size, and cut at their centre.
import { base64 } from "../core/base64.js";

/** @typedef {{ width: number, height: number }} Size */

/**
 * Which part of a picture is shown: as large as it can be, in the middle, with the sides of `wanted`.
 * @param {Size} picture
 * @param {Size} wanted
 */
export function middleOf(picture, wanted) {
  const scale = Math.min(picture.width / wanted.width, picture.height / wanted.height),
    width = wanted.width * scale,
    height = wanted.height * scale;
  return { left: (picture.width - width) / 2, top: (picture.height - height) / 2, width, height };
}

/**
 * RGB of RGBA pixels.
 * @param {Uint8ClampedArray} rgba
 * @param {Uint8Array} rgb filled from `first` on
 * @param {number} first
 */
export function withoutAlpha(rgba, rgb, first) {
  for (let p = 0, q = first; p < rgba.length; p += 4) for (let c = 0; c < 3; c++) rgb[q++] = rgba[p + c];
}

/**
 * The pixels of files, as many as can be read, (N,H,W,3) uint8 in base64.
 * @param {File[]} files
 * @param {Size} size
 */
export async function pixelsOf(files, { width, height }) {
  const each = width * height * 3,
    pixels = new Uint8Array(files.length * each),
    canvas = new OffscreenCanvas(width, height),
    context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.imageSmoothingQuality = "high";
  let count = 0;
  for (const file of files) {
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) continue;
    const part = middleOf(picture, { width, height });
    context.fillStyle = "black";
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, part.left, part.top, part.width, part.height, 0, 0, width, height);
    picture.close();
    withoutAlpha(context.getImageData(0, 0, width, height).data, pixels, count * each);
    count += 1;
  }
  return { count, pixels: base64(pixels.subarray(0, count * each)) };
}
