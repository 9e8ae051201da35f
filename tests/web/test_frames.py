"""Where pictures stand on a canvas, how halves become pixels, and which frames are kept."""

import numpy as np
import torch

from ddpm_playground.core.phrase import Phrase
from ddpm_playground.learn.data.latent_maps import LinearMap
from ddpm_playground.learn.data.pictures import to_uint8


def test_grid_fits_the_count(script):
    counts = {1: 1, 4: 2, 9: 3, 16: 4, 64: 8}
    assert script("return arg.map((n) => columnsFor(n, false))", list(counts)) == list(counts.values())
    assert script("return [10, 20, 50].map((n) => columnsFor(n, true))") == [10, 10, 10]


def test_every_pixel_is_found_again(script):
    body = """
    const grid = gridFor([5, 3, 4, 6], false), seen = new Set();
    for (let image = 0; image < 5; image++) for (let row = 0; row < 4; row++) for (let column = 0; column < 6; column++) {
      const { x, y } = originOf(grid, image), found = pixelAt(grid, x + column + 0.5, y + row + 0.5);
      if (found.image !== image || found.row !== row || found.column !== column) return "lost";
      for (let c = 0; c < 3; c++) seen.add(indexOf(grid, found, c));
    }
    return seen.size;
    """  # noqa: E501
    assert script(body) == 5 * 3 * 4 * 6


def test_a_long_film_is_thinned_evenly(script):
    body = """
    const film = new Film([1, 1, 2, 2], Array.from({ length: 400 }, (_, k) => ({ t: 400 - k, s: 399 - k })), 1000);
    for (let k = 0; k < 400; k++) film.add(k, new Uint16Array(4), new Uint16Array(4));
    film.add(400, new Uint16Array(4), null);
    return { ks: film.frames.map((f) => f.k), bytes: film.bytes, stride: film.stride, near: film.frames[film.nearest(201)].k };
    """  # noqa: E501
    film = script(body)
    assert film["bytes"] <= 1000
    assert film["ks"] == [*range(0, 400, film["stride"]), 400]
    assert abs(film["near"] - 201) <= film["stride"] / 2


def test_half_bytes_round_as_to_uint8(script):
    values = np.linspace(-1.5, 1.5, 997).astype(np.float16)
    got = script("const lut = halfBytes(1); return arg.map((h) => lut[h])", values.view(np.uint16).tolist())
    want = np.clip(np.rint(values.astype(np.float64) * 127.5 + 127.5), 0, 255)
    assert np.abs(np.array(got) - want).max() <= (np.abs(values.astype(np.float64) * 127.5 % 1) == 0).any()


def test_in_motion_a_large_frame_is_painted_from_every_second_row_and_column(script):
    body = """
    const shape = [2, 3, 4, 6], grid = gridFor(shape, false), size = 2 * 3 * 4 * 6;
    const values = Uint16Array.from({ length: size }, (_, i) => i), lut = Uint8Array.from({ length: 65536 }, (_, i) => i % 251);
    const [N, C, H, W] = shape, small = thin(values, { N, C, H, W }, new Uint16Array(size / 4));
    const whole = new Uint32Array(grid.width * grid.height), coarse = new Uint32Array(whole.length), wrong = [];
    paintHalves(whole, grid, values, lut);
    paintHalves(coarse, { ...grid, cell: 2 }, small, lut);
    for (let n = 0; n < N; n++) for (let row = 0; row < H; row++) for (let column = 0; column < W; column++) {
      const { x, y } = originOf(grid, n), at = (r, c) => (y + r) * grid.width + x + c;
      if (coarse[at(row, column)] !== whole[at(row & ~1, column & ~1)]) wrong.push([n, row, column]);
    }
    const painted = (words) => words.reduce((sum, word) => sum + (word !== 0), 0);
    return { wrong, same: painted(whole) === painted(coarse), large: canThin({ N: 4, C: 3, H: 256, W: 256 }), small: canThin({ N: 64, C: 1, H: 28, W: 28 }) };
    """  # noqa: E501
    assert script(body) == {"wrong": [], "same": True, "large": True, "small": False}


def test_latents_become_the_colours_of_their_map(script):
    generator = np.random.default_rng(0)
    z, weights = generator.normal(size=(2, 5, 3, 4)), generator.normal(size=(5, 3)) / 4
    told = LinearMap(tuple(map(tuple, weights)), (0.1, -0.2, 0.3), Phrase("a test"))
    body = """
    const grid = gridFor([2, 5, 3, 4], false), words = new Uint32Array(grid.width * grid.height);
    paintMapped(words, grid, arg.z, 1, { weights: arg.weights, offset: arg.offset });
    const at = (n) => { const { x, y } = originOf(grid, n); return Array.from({ length: 12 }, (_, i) =>
      words[(y + Math.floor(i / 4)) * grid.width + x + (i % 4)]); };
    return [at(0), at(1)].map((row) => row.map((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255]));
    """
    got = np.array(script(body, {"z": z.ravel().tolist(), "weights": weights.tolist(), "offset": told.offset}))
    wanted = to_uint8(told.colours(torch.from_numpy(z))).movedim(1, -1).reshape(2, 12, 3).numpy()
    assert np.abs(got - wanted.astype(int)).max() <= 1 and (got == wanted).mean() > 0.95
