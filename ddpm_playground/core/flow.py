"""The straight path of flow matching on DDPM's clock: one x up to scale, one noise level, one step.

x'_τ = (1 − τ) x_0 + τ ε (Lipman et al. 2023, eq. 22 with σ_min = 0; here τ = 1 is noise) and
x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε are the same blend up to the factor √ᾱ_t + √(1 − ᾱ_t), at
τ = √(1 − ᾱ_t)/(√ᾱ_t + √(1 − ᾱ_t)), so both have the log SNR 2 log((1 − τ)/τ).
"""

from __future__ import annotations

from .gaussian import NO_SIGNAL, Level, Time, level
from .later import torch
from .schedule import Schedule


def flow_time(schedule: Schedule, t: Time | Level, like: torch.Tensor) -> torch.Tensor:
    """τ of t, broadcastable to `like` (B,*D): 0 at clean data, 1 at pure noise."""
    signal, noise = level(schedule, t, like)
    return noise / (signal + noise)


def flow_point(schedule: Schedule, x_t: torch.Tensor, t: Time | Level) -> torch.Tensor:
    """x'_τ of x_t, (B,*D)."""
    signal, noise = level(schedule, t, x_t)
    return x_t / (signal + noise)


def x_t_from_flow(schedule: Schedule, point: torch.Tensor, t: Time | Level) -> torch.Tensor:
    """x_t of x'_τ, (B,*D)."""
    signal, noise = level(schedule, t, point)
    return point * (signal + noise)


def flow_velocity(x_0: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """u = dx'_τ/dτ = ε − x_0, (B,*D), which flow matching is trained on (Lipman et al. 2023, eq. 23)."""
    return eps - x_0


def x_0_from_u(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, u: torch.Tensor) -> torch.Tensor:
    """x_0 = (x_t − √(1 − ᾱ_t) u)/(√ᾱ_t + √(1 − ᾱ_t)), which is x'_τ − τ u; fine at every ᾱ_t."""
    signal, noise = level(schedule, t, x_t)
    return (x_t - noise * u) / (signal + noise)


def eps_from_u(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, u: torch.Tensor) -> torch.Tensor:
    """ε = (x_t + √ᾱ_t u)/(√ᾱ_t + √(1 − ᾱ_t)), which is x'_τ + (1 − τ) u; fine at every ᾱ_t."""
    signal, noise = level(schedule, t, x_t)
    return (x_t + signal * u) / (signal + noise)


def flow_euler(schedule: Schedule, x_t: torch.Tensor, t: int, s: int, u: torch.Tensor) -> torch.Tensor:
    """x_s after one step of Euler along u: x'_s = x'_t + (τ_s − τ_t) u, (B,*D).

    With u = ε̂ − x̂_0 it is DDIM's step: x'_t = (1 − τ_t) x̂_0 + τ_t ε̂, so that x'_s = (1 − τ_s) x̂_0 + τ_s ε̂.
    """
    step = flow_time(schedule, s, x_t) - flow_time(schedule, t, x_t)
    return x_t_from_flow(schedule, flow_point(schedule, x_t, t) + step * u, s)


def ddim_euler(schedule: Schedule, x_t: torch.Tensor, t: int, s: int, eps: torch.Tensor) -> torch.Tensor:
    """x_s after one step of Euler along ε in √(1 − ᾱ)/√ᾱ, for x_t/√ᾱ_t (Song, Meng & Ermon 2021, eq. 14), (B,*D).

    Raises:
        ValueError: ᾱ_t = 0.
    """
    now, then = level(schedule, t, x_t, NO_SIGNAL), level(schedule, s, x_t)
    return then.signal * (x_t / now.signal + (then.noise / then.signal - now.noise / now.signal) * eps)
