"""The mean of a step in its three forms: from x̂_0, from ε̂, and from the score."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ..core import (
    EpsPredictor,
    Prediction,
    Sampling,
    Schedule,
    SeededNoise,
    clip,
    line_4_factors,
    posterior,
    posterior_coefficients,
    reverse,
    score_from_eps,
    timestep_path,
    x_0_from_eps,
)


class Forms(NamedTuple):
    """μ_θ(x_t, t) three times, each (B,*D)."""

    from_x_0: torch.Tensor
    from_eps: torch.Tensor
    from_score: torch.Tensor

    @property
    def gap(self) -> float:
        """Largest difference between any two of them in any number."""
        stacked = torch.stack(self)
        return float((stacked.amax(0) - stacked.amin(0)).max())


def mean_forms(
    schedule: Schedule, x_t: torch.Tensor, t: int, s: int, eps_hat: torch.Tensor, x_hat_0: torch.Tensor | None = None
) -> Forms:
    """μ̃(x_t, x̂_0) = 1/√α (x_t − (1−α)/√(1−ᾱ_t) ε̂) = 1/√α (x_t + (1−α) ∇ log q) with α = ᾱ_t/ᾱ_s.

    With s = t − 1 the second is line 4 of algorithm 2 (Ho et al. 2020, eq. 7, 11 and 15); the third has
    ∇ log q(x_t) ≈ −ε̂/√(1−ᾱ_t) in it (Song et al. 2021).

    Args:
        schedule: the noise schedule.
        x_t: (B,*D).
        t: 1…T.
        s: 0…t−1.
        eps_hat: (B,*D).
        x_hat_0: what the first form takes instead of the x̂_0 that ε̂ implies, (B,*D).
    """
    if x_hat_0 is None:
        x_hat_0 = x_0_from_eps(schedule, x_t, t, eps_hat)
    outer, inner = line_4_factors(schedule, t, s)
    one_minus_alpha = float(posterior_coefficients(schedule, t, s).beta)
    score = score_from_eps(schedule, t, eps_hat)
    return Forms(
        from_x_0=posterior(schedule, x_t, x_hat_0, t, s).mean,
        from_eps=outer * (x_t - inner * eps_hat),
        from_score=outer * (x_t + one_minus_alpha * score),
    )


class Visit(NamedTuple):
    """A step t → s of a run: where it stood, (1,*D) each, and what the network said there."""

    t: int
    s: int
    x_t: torch.Tensor
    eps_hat: torch.Tensor
    x_s: torch.Tensor


def unclipped_run(
    schedule: Schedule, predict: EpsPredictor, shape: Sequence[int], label: int, seed: int, num_steps: int
) -> tuple[Visit, ...]:
    """Algorithm 2 in num_steps steps from T to 0 with x̂_0 as it is; what it visits is kept in float32.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        shape: *D.
        label: class of the picture.
        seed: of x_T and the noises.
        num_steps: S.
    """
    noise = SeededNoise(seed, [0], shape)
    path = timestep_path(schedule.T, num_steps, "linspace")
    steps = reverse(schedule, predict, noise(), path, noise, Sampling(clip_x_0=False), label=torch.tensor([label]))
    return tuple(Visit(step.t, step.s, step.x_t.float(), step.eps_hat.float(), step.x_s.float()) for step in steps)


class Gaps(NamedTuple):
    """Largest differences between the forms at each visit of a run, (S,).

    Attributes:
        t: where.
        single: everything computed in float32.
        double: in float64.
        clipped: in float64 with x̂_0 kept within ±1 in the first form and ε̂ left as it was.
        remade: the same, but ε̂ made to agree with the clipped x̂_0.
    """

    t: torch.Tensor
    single: torch.Tensor
    double: torch.Tensor
    clipped: torch.Tensor
    remade: torch.Tensor


def clipped_forms(schedule: Schedule, x_t: torch.Tensor, t: int, s: int, eps_hat: torch.Tensor) -> tuple[Forms, Forms]:
    """The forms with x̂_0 within ±1: ε̂ as it was, and ε̂ that agrees with it."""
    raw = Prediction(eps_hat, x_0_from_eps(schedule, x_t, t, eps_hat))
    kept = clip(schedule, x_t, t, raw)
    return (
        mean_forms(schedule, x_t, t, s, eps_hat, kept.x_hat_0),
        mean_forms(schedule, x_t, t, s, kept.eps_hat, kept.x_hat_0),
    )


def gaps_of(schedule: Schedule, run: Sequence[Visit], one_step: bool) -> Gaps:
    """How far the forms are apart over a run.

    Args:
        schedule: the noise schedule.
        run: from `unclipped_run`.
        one_step: compare the means of x_{t−1}, as algorithm 2 has them, not those of the next time visited.
    """
    rows = []
    for t, next_t, x_t, eps_hat, _ in run:
        s = t - 1 if one_step else next_t
        exact = x_t.double(), t, s, eps_hat.double()
        halves = clipped_forms(schedule, *exact)
        single, double = mean_forms(schedule, x_t, t, s, eps_hat), mean_forms(schedule, *exact)
        rows.append([float(t), single.gap, double.gap, *(forms.gap for forms in halves)])
    return Gaps(*torch.tensor(rows, dtype=torch.float64).T)
