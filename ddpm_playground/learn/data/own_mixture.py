"""A mixture of Gaussians in the plane that a reader has set, as an address holds it."""

from __future__ import annotations

import math
from typing import NamedTuple

from ...core import Ellipses, ExactEps, Schedule
from ...core.checks import number
from ...core.later import torch
from ...core.phrase import Refusal
from .planar import REACH

MOST_GAUSSIANS = 8
# What one has, in the order of its text, with the range of each: its mean, the deviations along its two axes, the
# angle of the first axis, and its weight.
PARTS = {
    "x": (-REACH, REACH),
    "y": (-REACH, REACH),
    "long": (0.03, 1.5),
    "short": (0.03, 1.5),
    "angle": (-180.0, 180.0),
    "weight": (0.1, 10.0),
}
FIRST = "-0.9_0.4_0.5_0.12_60_1~0.9_0.6_0.3_0.3_0_1~0.2_-0.8_0.6_0.15_-20_2"


class OwnMixture(NamedTuple):
    """Gaussians: means (K,2), covariances (K,2,2) and weights (K,), float32."""

    means: torch.Tensor
    covariances: torch.Tensor
    weights: torch.Tensor

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """`count` draws, (count,2)."""
        which = torch.multinomial(self.weights, count, replacement=True, generator=generator)
        return Ellipses(self.means, self.covariances).draw(which, generator)

    def exact(self, schedule: Schedule) -> ExactEps:
        """Its exact ε."""
        return ExactEps(schedule, self.means, weights=self.weights, covariances=self.covariances)


def own_mixture(text: object) -> OwnMixture:
    """The mixture of a text: x_y_long_short_angle_weight of each Gaussian, with ~ between them.

    Raises:
        ValueError: no such text, too many Gaussians, or a number outside its range.
    """
    parts = [part.split("_") for part in text.split("~")] if isinstance(text, str) else []
    if not 1 <= len(parts) <= MOST_GAUSSIANS or any(len(part) != len(PARTS) for part in parts):
        raise Refusal(
            "a mixture has 1 to {most} Gaussians of {count} numbers each, got {got}; set them in the plane",
            most=MOST_GAUSSIANS,
            count=len(PARTS),
            got=repr(str(text)[:60]),
        )
    rows: list[list[float]] = []
    for part in parts:
        values: list[float] = []
        for (name, (low, high)), given in zip(PARTS.items(), part, strict=True):
            try:
                value = float(given)
            except ValueError:
                value = math.nan
            values.append(number(name, value, low, high, "set it in the plane"))
        rows.append(values)
    x, y, long, short, angle, weight = torch.tensor(rows, dtype=torch.float64).T
    cos, sin = (angle * (math.pi / 180)).cos(), (angle * (math.pi / 180)).sin()
    axes = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    spread = torch.diag_embed(torch.stack([long, short], 1) ** 2)
    return OwnMixture(torch.stack([x, y], 1).float(), (axes @ spread @ axes.mT).float(), weight.float())
