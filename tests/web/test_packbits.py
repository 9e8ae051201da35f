"""Drawings and paint as an address has them."""

import numpy as np
import pytest

ROUND = """const raw = Uint8Array.from(arg), packed = packBits(raw), back = urlBytes(urlText(packed));
  return [packed.length, urlText(packed).length, [...unpackBits(back, raw.length)]];"""


def drawing() -> np.ndarray:
    """A ring of ink with soft edges, (784,)."""
    y, x = np.mgrid[:28, :28] - 13.5
    return np.clip(255 * (3 - np.abs(np.hypot(x, y) - 8)), 0, 255).astype(np.uint8).ravel()


@pytest.mark.parametrize(
    "raw",
    [[], [7], [7, 7], [0] * 784, list(range(256)) * 3, drawing().tolist(), [1, 1, 2, 2, 2, 3] * 90],
    ids=["none", "one", "two", "blank", "noise", "ring", "mixed"],
)
def test_what_is_packed_comes_back(script, raw) -> None:
    length, _, back = script(ROUND, raw)
    assert back == raw and length <= len(raw) + len(raw) // 128 + 1


def test_a_drawing_is_short(script) -> None:
    _, letters, _ = script(ROUND, drawing().tolist())
    assert letters < 700


@pytest.mark.parametrize("text", ["abcde", "a b", "ä", "gA", "////", "_wAA", "AP-B", ""])
def test_what_is_no_picture_is_none(script, text) -> None:
    assert script("const raw = urlBytes(arg); return raw && unpackBits(raw, 784)", text) is None


def test_paint_is_a_bit_a_pixel(script) -> None:
    flags = [1, 0, 0, 1, 1, 0, 1, 0, 1]
    assert script("return [[...bitsOf(arg)], [...flagsOf(bitsOf(arg), arg.length)]]", flags) == [[154, 128], flags]
