"""Points in the plane to train on: each set is about as wide as the noise, so that it drowns by T."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ...core.later import torch
from ...core.phrase import Refusal

NUM_POINTS = 2000
REACH = 2.0  # the plane is shown from −REACH to REACH
MAX_DRAWN = 2000
# How far a draw from a set that the reader has drawn lies from its nearest stroke.
DRAWN_SPREAD = 0.03


def _jittered(points: torch.Tensor, spread: float, generator: torch.Generator) -> torch.Tensor:
    return points + spread * torch.randn(points.shape, generator=generator)


def _on_circle(angle: torch.Tensor, radius: torch.Tensor | float) -> torch.Tensor:
    return torch.stack([angle.cos() * radius, angle.sin() * radius], 1)


def mixture(count: int, generator: torch.Generator) -> torch.Tensor:
    """Eight Gaussians on a circle of radius 1.2."""
    which = torch.randint(0, 8, (count,), generator=generator)
    return _jittered(_on_circle(which * (math.pi / 4), 1.2), 0.09, generator)


def moons(count: int, generator: torch.Generator) -> torch.Tensor:
    """Two half circles that reach into each other."""
    upper = torch.rand(count, generator=generator) < 0.5
    half = _on_circle(math.pi * torch.rand(count, generator=generator), 1.0)
    points = torch.where(upper[:, None], half, torch.tensor([1.0, 0.5]) - half)
    return _jittered((points - torch.tensor([0.5, 0.25])) * 1.1, 0.06, generator)


def swiss_roll(count: int, generator: torch.Generator) -> torch.Tensor:
    """A roll of one and a half turns, evenly filled along its angle."""
    angle = 1.5 * math.pi * (1 + 2 * torch.rand(count, generator=generator))
    return _jittered(_on_circle(angle, angle) * 0.11, 0.05, generator)


def spiral(count: int, generator: torch.Generator) -> torch.Tensor:
    """Two arms, half a turn apart."""
    along = torch.rand(count, generator=generator).sqrt()
    arm = math.pi * torch.randint(0, 2, (count,), generator=generator)
    return _jittered(_on_circle(along * 1.5 * math.pi + arm, along * 1.5), 0.04, generator)


# A set is one function (count, generator) → (count, 2) and one line here.
PLANAR_SETS: dict[str, Callable[[int, torch.Generator], torch.Tensor]] = {
    "mixture": mixture,
    "moons": moons,
    "swiss_roll": swiss_roll,
    "spiral": spiral,
}


def drawn_points(points: Sequence[Sequence[float]], count: int, generator: torch.Generator) -> torch.Tensor:
    """`count` draws around points that the reader has drawn, (count, 2).

    Raises:
        ValueError: fewer than 8 points, too many, or some outside [−REACH, REACH].
    """
    if not 8 <= len(points) <= MAX_DRAWN:
        raise Refusal(
            "a drawn set needs 8 to {most} points, got {got}; draw in the plane first", most=MAX_DRAWN, got=len(points)
        )
    try:
        given = torch.tensor(points, dtype=torch.float32)
    except (TypeError, ValueError):
        raise Refusal("drawn points must be pairs of numbers; draw them again") from None
    if given.ndim != 2 or given.shape[1] != 2 or not bool((given.abs() <= REACH).all()):
        raise Refusal(
            "drawn points must be pairs of numbers in [−{reach}, {reach}]; draw them again", reach=f"{REACH:g}"
        )
    return _jittered(given[torch.randint(0, len(given), (count,), generator=generator)], DRAWN_SPREAD, generator)
