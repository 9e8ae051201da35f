// Pictures that come as bytes, tiled on a canvas.
import { gridFor, paintHalves } from "./picture_grid.js";

const SAME = Uint8Array.from({ length: 256 }, (_, i) => i);

/**
 * A canvas as large as for pictures that are still to come.
 * @param {HTMLCanvasElement} canvas
 * @param {number} count N
 * @param {number[]} shape (C,H,W)
 */
export const blankTiles = (canvas, count, [C, H, W]) => {
  const grid = gridFor([count, C, H, W], false);
  if (canvas.width !== grid.width || canvas.height !== grid.height)
    Object.assign(canvas, { width: grid.width, height: grid.height });
  return grid;
};

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} values of N pictures, N·C·H·W
 * @param {number} count N
 * @param {number[]} shape (C,H,W)
 */
export const paintBytes = (canvas, values, count, shape) => {
  const grid = blankTiles(canvas, count, shape),
    pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
    image = pen.createImageData(grid.width, grid.height);
  paintHalves(new Uint32Array(image.data.buffer), grid, values, SAME);
  pen.putImageData(image, 0, 0);
};
