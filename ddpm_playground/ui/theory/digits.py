"""A bundled digit for the chapters that show one."""

import torch

from ...learn.data import bundled_digits

SEED = 0


def digit(index: int) -> torch.Tensor:
    """x_0 of the index-th bundled digit, (1,C,H,W)."""
    return bundled_digits().x_0(slice(index, index + 1))
