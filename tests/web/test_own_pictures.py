"""Which part of a reader's picture a network is shown, and its pixels."""

import pytest


@pytest.mark.parametrize(
    ("picture", "wanted", "part"),
    [
        ((28, 28), (28, 28), (0, 0, 28, 28)),
        ((400, 300), (28, 28), (50, 0, 300, 300)),
        ((300, 400), (28, 28), (0, 50, 300, 300)),
        ((100, 100), (64, 32), (0, 25, 100, 50)),
        ((10, 40), (64, 32), (0, 17.5, 10, 5)),
    ],
)
def test_the_middle_is_as_large_as_can_be(script, picture, wanted, part) -> None:
    sizes = [dict(zip(("width", "height"), one, strict=True)) for one in (picture, wanted)]
    found = script("return middleOf(arg[0], arg[1])", sizes)
    assert (found["left"], found["top"], found["width"], found["height"]) == part


def test_pixels_lose_their_alpha_alone(script) -> None:
    run = """const rgb = new Uint8Array(9);
      withoutAlpha(new Uint8ClampedArray(arg), rgb, 3);
      return [...rgb];"""
    assert script(run, [1, 2, 3, 255, 4, 5, 6, 0]) == [0, 0, 0, 1, 2, 3, 4, 5, 6]
