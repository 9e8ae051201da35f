"""The lines of algorithm 1 (Ho et al. 2020) that any training takes: its draws, its error, its gradient step."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from ...core import Level, Schedule, min_snr, q_sample, truncated_snr
from ..networks.unet import network_output


class DrawnBatch(NamedTuple):
    """What line 5 needs: x_0 and ε (B,*D), t (B,) int64, and label (B,) int64 or None, where there are no classes."""

    x_0: torch.Tensor
    t: torch.Tensor
    eps: torch.Tensor
    label: torch.Tensor | None


def draw_noise(
    x_0: torch.Tensor,
    label: torch.Tensor | None,
    T: int,
    generator: torch.Generator,
    how: str = "stratified",
    p: torch.Tensor | None = None,
) -> DrawnBatch:
    """t as `draw_t` has it, then ε ~ N(0, I) in the shape of x_0 (B,*D) (algorithm 1, lines 3 and 4)."""
    t = draw_t(T, len(x_0), generator, how, p)
    return DrawnBatch(x_0, t, torch.randn(x_0.shape, generator=generator), label)


def drop_labels(label: torch.Tensor, share: float, null_class: int, generator: torch.Generator) -> torch.Tensor:
    """Labels (B,), each with probability `share` replaced by the null class (Ho & Salimans 2022, algorithm 1)."""
    dropped = torch.rand(len(label), generator=generator) < share
    return torch.where(dropped, null_class, label)


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


def all_finite(errors: torch.Tensor) -> bool:
    """Whether no error is NaN or ±∞; a card that is still computing them is waited for."""
    return bool(torch.isfinite(errors).all())


def gradient_step(
    parameters: Sequence[torch.Tensor],
    optimizers: Sequence[torch.optim.Optimizer],
    errors: torch.Tensor,
    clip_norm: float = math.inf,
) -> torch.Tensor:
    """Move θ against ∇_θ of the mean of the errors (algorithm 1, line 5); a card is not waited for.

    Args:
        parameters: all of θ that is trained, in the order in which the norm adds them up; their gradients are taken
            off afterwards.
        optimizers: who step them, each its own.
        errors: of each picture, (B,), with its graph; multiplied by its weight where errors are weighed.
        clip_norm: longer gradients are scaled to this Euclidean norm; ∞ leaves every gradient as it is.

    Returns:
        ‖∇_θ‖ before it was clipped, () on the parameters' device.
    """
    errors.mean().backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return norm


@torch.no_grad()
def errors_on(
    draws: DrawnBatch, errors_of: Callable[..., torch.Tensor], device: torch.device, batch_size: int = 64
) -> torch.Tensor:
    """errors_of(x_0, t, ε, label) of all draws, computed `batch_size` at a time on `device`; (N,), on the CPU."""
    parts = []
    for start in range(0, len(draws.t), batch_size):
        part = (a if a is None else a[start : start + batch_size].to(device) for a in draws)
        parts.append(errors_of(*part).cpu())
    return torch.cat(parts)


def loss_weight(
    schedule: Schedule, t: torch.Tensor, gamma: float, most: float = 0.0, prediction_type: str = "epsilon"
) -> torch.Tensor:
    """What each error counts for, (B,) float32: min(SNR(t), γ)/SNR(t) times max(1, 1/SNR(t)) up to `most`.

    Algorithm 1 weighs all t alike. A small network then spends itself on small t, where its errors are large and
    seen least; with γ they count as an error of x̂_0 of weight γ (Hang et al. 2023), and with `most` those at large t,
    where a picture gets its shape, count as the error of x̂_0 that they are (Salimans & Ho 2022). 0 leaves either out.
    Errors of x_0 and v count as the errors of ε that follow from them, times SNR(t) or ᾱ_t; with both 0 they count 1.
    """
    weight = torch.ones(schedule.T, dtype=torch.float64)
    if gamma:
        weight = weight * min_snr(schedule, gamma)
    if most:
        weight = weight * truncated_snr(schedule, most)
    if gamma or most:
        of_eps = {"epsilon": torch.ones(()), "sample": schedule.snr[1:], "v_prediction": schedule.alpha_bars[1:]}
        weight = weight * of_eps[prediction_type]
    return weight[t - 1].float()


def draw_t(
    T: int, size: int, generator: torch.Generator, how: str = "stratified", p: torch.Tensor | None = None
) -> torch.Tensor:
    """t ~ Uniform{1…T}, (size,) int64 (algorithm 1, line 3), or t ~ p (T,) float64 where it is given.

    "stratified" spreads one batch evenly over 1…T with a common random shift, which leaves each t uniform
    and lowers the variance of the gradient (Kingma et al. 2021, appendix I.1); with p, evenly over its distribution.
    """
    if how == "uniform" and p is None:
        return torch.randint(1, T + 1, (size,), generator=generator)
    if how == "uniform":
        u = torch.rand(size, generator=generator, dtype=torch.float64)
    else:
        shift = torch.rand((), generator=generator, dtype=torch.float64)
        u = (torch.arange(size, dtype=torch.float64) + shift) / size
    below = (u * T).long() if p is None else torch.searchsorted(p.cumsum(0), u, right=True)
    return below.clamp_max(T - 1) + 1


def quarter_of(t: torch.Tensor, T: int) -> torch.Tensor:
    """Which quarter of 1…T each t lies in, 0…3."""
    return (t - 1) * 4 // T


def by_quarter(t: torch.Tensor, errors: torch.Tensor, T: int) -> list[float]:
    """Mean error in each quarter of 1…T, lowest t first; NaN where there is none."""
    quarter = quarter_of(t, T)
    return [float(errors[quarter == k].mean()) for k in range(4)]
