"""A bundled digit for the chapters that show one."""

from functools import cache

import torch

from ...learn.data.pictures import bundled_digits

SEED = 0


def digit(index: int) -> torch.Tensor:
    """x_0 of the index-th bundled digit, (1,C,H,W)."""
    return bundled_digits().x_0(slice(index, index + 1))


@cache
def digits_power() -> float:
    """Mean of x_0² over the pixels of all bundled digits, as `prior_kl` asks for it."""
    digits = bundled_digits()
    return float(digits.x_0(slice(0, len(digits))).double().square().mean())
