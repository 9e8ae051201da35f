"""Two ways to ask one network about the same pictures and noises, compared picture by picture."""

import math
from dataclasses import dataclass

import torch

LEAST = 1e-12  # of an error, so that a ratio can be had


@dataclass(frozen=True)
class Fall:
    """By how much errors fall from one way to another.

    Attributes:
        share: 1 − the geometric mean over levels of error after / error before; negative where they rise.
        z: mean over its standard error of what the pictures say each; inf where all say the same.
        before: geometric mean over levels of the error before.
        after: and after.
    """

    share: float
    z: float
    before: float
    after: float


def fall(before: torch.Tensor, after: torch.Tensor) -> Fall:
    """Of errors (n,K) of n pictures at K levels; levels that either has not are left out, all lacking is no fall."""
    both = ~(before.isnan().any(0) | after.isnan().any(0))
    if not bool(both.any()):
        return Fall(-math.inf, -math.inf, math.nan, math.nan)
    before, after = before[:, both], after[:, both]
    means = before.mean(0).clamp_min(LEAST), after.mean(0).clamp_min(LEAST)
    share = 1.0 - math.exp(float((means[1].log() - means[0].log()).mean()))
    each = ((before - after) / means[0]).mean(1)
    return Fall(share, z_of(each), *(math.exp(float(one.log().mean())) for one in means))


def z_of(each: torch.Tensor) -> float:
    """Mean of (n,) numbers over its standard error, n ≥ 2."""
    mean, spread = float(each.mean()), float(each.std()) if len(each) > 1 else math.inf
    if spread == 0.0:
        return 0.0 if mean == 0.0 else math.copysign(math.inf, mean)
    return mean / (spread / math.sqrt(len(each)))


def standard_error(each: torch.Tensor) -> float:
    """Of the mean of (n,) numbers; NaN for one."""
    return float(each.std()) / math.sqrt(len(each)) if len(each) > 1 else math.nan
