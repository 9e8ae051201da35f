"""DDIM read backwards: the x_T from which the deterministic chain comes back to a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .chain import steps_along
from .checks import whole_number
from .gaussian import x_0_from_eps
from .later import torch
from .predictor import EpsPredictor, Prediction
from .sampler import blend_at, step_gaussian
from .schedule import Schedule

MOST_FIXED_POINTS = 50


@dataclass(frozen=True, eq=False)
class InverseStep:
    """One step s → t of an inversion.

    Attributes:
        s: where it begins, 0…T − 1.
        t: where it ends, above s.
        x_s: (B,*D).
        eps_hat: the ε̂ that it was made with, (B,*D).
        x_hat_0: x̂_0 at x_s with that ε̂, (B,*D).
        x_t: (B,*D).
        residual: root of the mean square of x_t's last change, which fixed-point iterations bring to 0; None without.
    """

    s: int
    t: int
    x_s: torch.Tensor
    eps_hat: torch.Tensor
    x_hat_0: torch.Tensor
    x_t: torch.Tensor
    residual: float | None


def invert(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    path: Sequence[int],
    *,
    label: torch.Tensor | None = None,
    fixed_points: int = 0,
) -> Iterator[InverseStep]:
    """x_0 → x_T along DDIM's ordinary differential equation (Song, Meng & Ermon 2021, section 4.3).

    The step t → s of DDIM (their eq. 12 with σ = 0), solved for x_t, is
    x_t = √ᾱ_t (x_s − √(1−ᾱ_s) ε̂)/√ᾱ_s + √(1−ᾱ_t) ε̂ with ε̂ = ε_θ(x_t, t), which is not known yet: ε_θ(x_s, s) stands
    in for it, an error that falls with the length of the steps. Each fixed-point iteration asks for ε_θ(x_t, t) at the
    x_t found so far and solves again (Pan et al. 2023, section 3.2), until the step's own inverse is met.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor; at s = 0, which it does not know, it is asked at t = 1.
        x_0: (B,*D).
        path: T…0 as `timestep_path` has it; walked from its end.
        label: class of each picture, (B,) int64, or None.
        fixed_points: iterations a step.

    Raises:
        ValueError: a path that does not fall, or iterations outside [0, 50].
    """
    whole_number("fixed_points", fixed_points, 0, MOST_FIXED_POINTS)
    x = x_0
    for t, s in reversed(steps_along(path)):
        eps_hat = _asked(predict, x, max(1, s), label)
        x_hat_0, x_t = _solved(schedule, x, s, t, eps_hat)
        residual = None
        for _ in range(fixed_points):
            before = x_t
            eps_hat = _asked(predict, x_t, t, label)
            x_hat_0, x_t = _solved(schedule, x, s, t, eps_hat)
            residual = float((x_t - before).square().mean().sqrt())
        yield InverseStep(s, t, x, eps_hat, x_hat_0, x_t, residual)
        x = x_t


def longest_step(schedule: Schedule, path: Sequence[int]) -> tuple[float, int, int]:
    """The step that moves x_0 most for an error of ε̂.

    In x_t/√ᾱ_t a step of DDIM is Euler's: it adds (σ_s − σ_t) ε̂ with σ = √(1−ᾱ)/√ᾱ (Song, Meng & Ermon 2021, eq. 14).
    An error of ε̂ there is one of x_0, times σ_t − σ_s.

    Args:
        schedule: the noise schedule, with ᾱ_t > 0 on the path.
        path: T…0.

    Returns:
        σ_t − σ_s, t and s of the longest step.
    """
    sigmas = ((1.0 - schedule.alpha_bars) / schedule.alpha_bars).sqrt()
    return max((float(sigmas[t] - sigmas[s]), t, s) for t, s in steps_along(path))


def _asked(predict: EpsPredictor, x: torch.Tensor, t: int, label: torch.Tensor | None) -> torch.Tensor:
    return predict(x, torch.full((len(x),), t, dtype=torch.int64, device=x.device), label).eps_hat


def _solved(
    schedule: Schedule, x_s: torch.Tensor, s: int, t: int, eps_hat: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """x̂_0 at x_s, and x_t."""
    x_hat_0 = x_s if s == 0 else x_0_from_eps(schedule, x_s, s, eps_hat)
    return x_hat_0, step_gaussian(blend_at(schedule, t), x_s, Prediction(eps_hat, x_hat_0)).mean
