"""What the last step says of x_0: a density, or one probability for each level that a pixel can have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

from .gaussian import Gaussian
from .later import torch
from .phrase import Refusal

# (x_0, Gaussian) -> log p_θ(x_0 | x_1), element by element, in nats; all broadcast against each other
Decoder = Callable[["torch.Tensor", Gaussian], "torch.Tensor"]


def log_density(x: torch.Tensor, gaussian: Gaussian) -> torch.Tensor:
    """log N(x; mean, variance) in nats, element by element: the decoder of data that is not in levels."""
    mean, variance = gaussian
    return -0.5 * ((x - mean) ** 2 / variance + torch.log(2 * math.pi * variance))


def discretised_log_likelihood(x_0: torch.Tensor, gaussian: Gaussian, levels: int = 256) -> torch.Tensor:
    """log ∫ N(x; mean, variance) dx over the bin of x_0 (Ho et al. 2020, section 3.3, eq. 13), element by element.

    The bins are 2/(levels − 1) wide, centred on the levels, the first open to −∞ and the last to +∞, so that the
    probabilities of all levels sum to 1. It is finite however far x_0 lies from the mean: the bin is mirrored into the
    left tail, where log Φ keeps its digits, and Φ(b) − Φ(a) = Φ(b) (1 − exp(log Φ(a) − log Φ(b))).

    Args:
        x_0: pixels on the grid of levels from −1 to 1.
        gaussian: p_θ(x_0 | x_1) before it is cut into bins; variance > 0.
        levels: how many values a pixel can have, at least 2.

    Returns:
        Nats, float64, each at most 0.

    Raises:
        ValueError: fewer than 2 levels, or an x_0 that is not on the grid.
    """
    if levels < 2:
        raise Refusal("levels must be at least 2, got {got}; pictures of 8 bits have 256", got=levels)
    mean, variance = (torch.as_tensor(value, dtype=torch.float64) for value in gaussian)
    place = (x_0.to(torch.float64) + 1.0) * ((levels - 1) / 2)
    level = place.round()
    if not bool(((place - level).abs() < 0.01).all() and (level >= 0).all() and (level < levels).all()):
        raise Refusal(
            "x_0 must be one of {levels} levels from −1 to 1; round it to them or use log_density", levels=levels
        )
    sigma = variance.sqrt()
    # Edges from the level's number, not from x_0: neighbours then share theirs to the last bit.
    lower = torch.where(level == 0, -math.inf, ((2 * level - 1) / (levels - 1) - 1.0 - mean) / sigma)
    upper = torch.where(level == levels - 1, math.inf, ((2 * level + 1) / (levels - 1) - 1.0 - mean) / sigma)
    right = lower + upper > 0
    log_a, log_b = _log_ndtr(torch.where(right, -upper, lower)), _log_ndtr(torch.where(right, -lower, upper))
    return log_b + torch.log(-torch.expm1(log_a - log_b))


def _log_ndtr(x: torch.Tensor) -> torch.Tensor:
    """log Φ(x), which torch leaves untyped."""
    return cast(torch.Tensor, torch.special.log_ndtr(x))  # pyright: ignore[reportUnknownMemberType]
