"""The arc and the line between two points."""

import math

import pytest
import torch

from ddpm_playground.core import lerp, slerp

a, b = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_arc_of_two_of_one_length_keeps_it(share) -> None:
    one, two = a / a.norm(), b / b.norm()
    assert float(slerp(one, two, share).norm()) == pytest.approx(1.0, abs=1e-6)


def test_the_arc_s_angle_grows_evenly() -> None:
    one, two = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])
    for share in (0.25, 0.5, 0.75):
        x, y = slerp(one, two, share)
        assert (float(x), float(y)) == pytest.approx(
            (math.cos(share * math.pi / 2), 2 * math.sin(share * math.pi / 2)), abs=1e-6
        )


def test_ends_are_the_points_and_the_line_shrinks_noise() -> None:
    for way in (slerp, lerp):
        torch.testing.assert_close(way(a, b, 0.0), a)
        torch.testing.assert_close(way(a, b, 1.0), b)
    assert float(lerp(a, b, 0.5).std()) == pytest.approx(math.sqrt(0.5), abs=0.05)
    assert float(slerp(a, b, 0.5).std()) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("two", [a, -a, torch.zeros_like(a)])
def test_where_there_is_no_arc_the_line_stands_in(two) -> None:
    assert torch.equal(slerp(a, two, 0.3), lerp(a, two, 0.3))
