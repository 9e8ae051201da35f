"""The variational bound, term by term."""

import math

import torch

from .gaussian import Gaussian, kl
from .schedule import Schedule


def prior_kl(schedule: Schedule, data_power: float = 0.25) -> float:
    """L_T = E KL(q(x_T|x_0) ‖ N(0, I)) in bits per dimension (Ho et al. 2020, eq. 5, the term L_T).

    The KL is quadratic in x_0, so the mean over the data is the KL at x_0² = data_power. It is ∞ where q(x_T|x_0)
    has no variance.

    Args:
        schedule: gives ᾱ_T.
        data_power: mean of x_0² over data and pixels, at least 0; 0.25 is usual for pictures in [−1, 1].

    Raises:
        ValueError: data_power negative or not finite.
    """
    if not 0 <= data_power < math.inf:
        raise ValueError(f"data_power must be a number of at least 0, got {data_power}; give the mean of x_0²")
    alpha_bar = schedule.alpha_bars[-1]
    q_T = Gaussian((alpha_bar * data_power).sqrt(), 1.0 - alpha_bar)
    return float(kl(q_T, Gaussian(torch.zeros_like(alpha_bar), torch.ones_like(alpha_bar)))) / math.log(2)
