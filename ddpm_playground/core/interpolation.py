"""Between two points: along the straight line, and along the arc that keeps the length of noise."""

from __future__ import annotations

import math

from .later import torch

# Below this sine of the angle the arc is the line, to the last digit of float32.
STRAIGHT = 1e-6


def lerp(a: torch.Tensor, b: torch.Tensor, share: float) -> torch.Tensor:
    """(1 − share) a + share b, of any one shape; of two independent N(0, I) draws it has variance < 1 between."""
    return (1.0 - share) * a + share * b


def slerp(a: torch.Tensor, b: torch.Tensor, share: float) -> torch.Tensor:
    """Spherical interpolation, sin((1−u)φ)/sin φ · a + sin(uφ)/sin φ · b (Song, Meng & Ermon 2021, eq. 67).

    φ is the angle between a and b. Of two points of one length every point of the arc has that length; where they lie
    on one line through 0 the arc has no plane, and `lerp` stands in.

    Args:
        a: (*D) at share 0.
        b: (*D) at share 1.
        share: u in [0, 1].
    """
    one, two = a.double().flatten(), b.double().flatten()
    lengths = math.sqrt(float(one @ one) * float(two @ two))
    angle = math.acos(max(-1.0, min(1.0, float(one @ two) / lengths))) if lengths else 0.0
    sine = math.sin(angle)
    if sine < STRAIGHT:
        return lerp(a, b, share)
    of_a, of_b = math.sin((1.0 - share) * angle) / sine, math.sin(share * angle) / sine
    return (of_a * one + of_b * two).reshape(a.shape).to(a)
