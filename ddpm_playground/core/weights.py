"""How much each t counts in training: weights of ‖ε − ε_θ‖², and how uniform t falls on log SNR."""

from __future__ import annotations

from collections.abc import Callable

from .later import torch
from .schedule import Schedule

MIN_SNR_GAMMA, P2_GAMMA = 5.0, 1.0


def simple(schedule: Schedule) -> torch.Tensor:
    """1 at every t: L_simple (Ho et al. 2020, eq. 14)."""
    return torch.ones(schedule.T, dtype=torch.float64)


def bound(schedule: Schedule) -> torch.Tensor:
    """β_t² / (2 σ_t² α_t (1 − ᾱ_t)) with σ_t² = β_t: the variational bound (Ho et al. 2020, eq. 12)."""
    betas, alphas, alpha_bars = schedule.betas[1:], schedule.alphas[1:], schedule.alpha_bars[1:]
    return betas / (2 * alphas * (1 - alpha_bars))


def min_snr(schedule: Schedule, gamma: float = MIN_SNR_GAMMA) -> torch.Tensor:
    """min(SNR(t), γ) / SNR(t) (Hang et al. 2023)."""
    return (gamma / schedule.snr[1:]).clamp_max(1.0)


def truncated_snr(schedule: Schedule, most: float) -> torch.Tensor:
    """max(1, 1 / SNR(t)), at most `most` (Salimans & Ho 2022, section 4, without the bound).

    An error of ε̂ and the error of x̂_0 that follows from it: whichever is the larger counts.
    """
    return (1.0 / schedule.snr[1:]).clamp(1.0, most)


def p2(schedule: Schedule, gamma: float = P2_GAMMA) -> torch.Tensor:
    """1 / (1 + SNR(t))^γ (P2, Choi et al. 2022, with k = 1)."""
    return (1.0 + schedule.snr[1:]) ** -gamma


# name → weights of t = 1…T, float64 (T,)
WEIGHTS: dict[str, Callable[[Schedule], torch.Tensor]] = {
    "simple": simple,
    "bound": bound,
    "min_snr": min_snr,
    "p2": p2,
}


def log_snr_density(schedule: Schedule) -> torch.Tensor:
    """p(λ) at λ = log SNR(t), t = 1…T, under uniform t: 1 / (T · |dλ/dt|), (T,) (Kingma & Gao 2023).

    The derivative is the difference between neighbours; NaN where λ is infinite.
    """
    log_snr = schedule.log_snr[1:]
    slopes = torch.gradient(log_snr)[0] if schedule.T > 1 else torch.full_like(log_snr, torch.nan)
    density = 1.0 / (schedule.T * slopes.abs())
    return torch.where(torch.isfinite(log_snr) & torch.isfinite(slopes), density, torch.nan)
