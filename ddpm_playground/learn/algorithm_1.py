"""The lines of algorithm 1 (Ho et al. 2020) that any training takes: t, the error, its weight, and its mean by t."""

from collections.abc import Callable

import torch

from ..core import Level, Schedule, min_snr, q_sample, truncated_snr
from .network import network_output


def algorithm_1_error(
    unet: Callable,
    schedule: Schedule,
    x_0: torch.Tensor,
    t: torch.Tensor,
    eps: torch.Tensor,
    label: torch.Tensor | None,
    target: Callable[..., torch.Tensor] | None = None,
    at: Level | None = None,
) -> torch.Tensor:
    """‖ε − ε_θ(√ᾱ_t x_0 + √(1−ᾱ_t) ε, t)‖² per picture, averaged over its pixels, (B,) (algorithm 1, line 5).

    `target` of (x_t, t, ε, label) stands in for ε where it is given, see StableTarget. `at` is the schedule's level at
    t, for whoever has it on the device of x_0 already: a card is then not waited for.
    """
    x_t = q_sample(schedule, x_0, t if at is None else at, eps)
    if target is not None:
        eps = target(x_t, t, eps, label)
    return (eps - network_output(unet, x_t, t, label).float()).square().flatten(1).mean(1)


def loss_weight(schedule: Schedule, t: torch.Tensor, gamma: float, most: float = 0.0) -> torch.Tensor:
    """What each error counts for, (B,) float32: min(SNR(t), γ)/SNR(t) times max(1, 1/SNR(t)) up to `most`.

    Algorithm 1 weighs all t alike. A small network then spends itself on small t, where its errors are large and
    seen least; with γ they count as an error of x̂_0 of weight γ (Hang et al. 2023), and with `most` those at large t,
    where a picture gets its shape, count as the error of x̂_0 that they are (Salimans & Ho 2022). 0 leaves either out.
    """
    weight = torch.ones(schedule.T, dtype=torch.float64)
    if gamma:
        weight = weight * min_snr(schedule, gamma)
    if most:
        weight = weight * truncated_snr(schedule, most)
    return weight[t - 1].float()


def draw_t(T: int, size: int, generator: torch.Generator, how: str = "stratified") -> torch.Tensor:
    """t ~ Uniform{1…T}, (size,) int64 (algorithm 1, line 3).

    "stratified" spreads one batch evenly over 1…T with a common random shift, which leaves each t uniform
    and lowers the variance of the gradient (Kingma et al. 2021, appendix I.1).
    """
    if how == "uniform":
        return torch.randint(1, T + 1, (size,), generator=generator)
    shift = torch.rand((), generator=generator, dtype=torch.float64)
    u = (torch.arange(size, dtype=torch.float64) + shift) / size
    return (u * T).long().clamp_max(T - 1) + 1


def quarter_of(t: torch.Tensor, T: int) -> torch.Tensor:
    """Which quarter of 1…T each t lies in, 0…3."""
    return (t - 1) * 4 // T


def by_quarter(t: torch.Tensor, errors: torch.Tensor, T: int) -> list[float]:
    """Mean error in each quarter of 1…T, lowest t first; NaN where there is none."""
    quarter = quarter_of(t, T)
    return [float(errors[quarter == k].mean()) for k in range(4)]
