// Pictures that come as bytes, tiled on a canvas.
import { gridFor, paintHalves } from "./picture_grid.js";

const SAME = Uint8Array.from({ length: 256 }, (_, i) => i);

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} values of N pictures, N·C·H·W
 * @param {number} count N
 * @param {[number, number, number]} shape (C,H,W)
 */
export const paintBytes = (canvas, values, count, shape) => {
  const [C, H, W] = shape,
    grid = gridFor([count, C, H, W], false);
  if (canvas.width !== grid.width || canvas.height !== grid.height)
    Object.assign(canvas, { width: grid.width, height: grid.height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
    image = pen.createImageData(grid.width, grid.height);
  paintHalves(new Uint32Array(image.data.buffer), grid, values, SAME);
  pen.putImageData(image, 0, 0);
};
