"""The exact likelihood of the reverse chain in one dimension: its density carried from T to 0 on a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .bound import check_x_0, reverse_gaussian
from .decoder import Decoder, log_density
from .gaussian import Gaussian
from .later import torch
from .phrase import Refusal
from .predictor import EpsPredictor, Prediction
from .sampler import clip, step_coefficients
from .schedule import Schedule

MAX_POINTS = 6_000
# The trapezoidal rule on a Gaussian of width σ with spacing h errs by 2 exp(−2π²σ²/h²). What is summed here may be as
# narrow as σ_t/√2, so 0.7 σ_t leaves 4e-9 and the default, half of the least σ_t, nothing that float64 could show.
WIDEST, DEFAULT_SPACING = 0.7, 0.5
NEGLIGIBLE, LOST = 1e-12, 1e-6


def exact_log_p(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    *,
    label: int | None = None,
    w: float = 1.0,
    clip_x_0: bool = False,
    decoder: Decoder = log_density,
    points: int | Sequence[int] | None = None,
    reach: float = 8.0,
) -> torch.Tensor:
    """log p_θ(x_0) of the reverse chain itself in nats, (B,): what the bound bounds.

    p(x_{t−1}) = ∫ p_θ(x_{t−1} | x_t) p(x_t) dx_t from p(x_T) = N(0, 1) down to the decoder, by the trapezoidal rule
    (Ho et al. 2020, eq. 1). The time it takes is that of T · points² exponentials.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_0: (B,1), float64.
        label: class that the chain is asked for, or None.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2; σ_1² = β_1, as in the bound.
        clip_x_0: keep x̂_0 within [−1, 1].
        decoder: log p_θ(x_0 | x_1); with discretised_log_likelihood the result is a probability's logarithm.
        points: of every grid, or one number for each x_t's own, t = 1…T; None for spacing of half the least σ_t.
        reach: the grid goes from −reach to reach.

    Raises:
        ValueError: x_0 of more than one dimension, σ_t² = 0, points for another T, a grid that would be too coarse or
            too large, or a chain that leaves it.
    """
    if check_x_0(x_0).numel() != len(x_0):
        raise Refusal("the grid is of one dimension, got x_0 of shape {shape}; give (B,1)", shape=tuple(x_0.shape))
    points = points or math.ceil(2 * reach / (DEFAULT_SPACING * _least_sigma(schedule, w))) + 1
    counts = [points] * schedule.T if isinstance(points, int) else list(points)
    if len(counts) != schedule.T or min(counts) < 2:
        raise Refusal(
            "points must be one number, or {T} of at least 2, one for each t, got {got}; give as many",
            T=schedule.T,
            got=len(counts),
        )
    if max(counts) > MAX_POINTS:
        raise Refusal(
            "the grid would have {points} points, at most {most} fit; lower reach or T, or raise the least β_t",
            points=max(counts),
            most=MAX_POINTS,
        )
    grids = {t: torch.linspace(-reach, reach, count, dtype=torch.float64)[:, None] for t, count in enumerate(counts, 1)}
    spacings = {t: 2 * reach / (count - 1) for t, count in enumerate(counts, 1)}
    last = grids[schedule.T]
    mass = spacings[schedule.T] * log_density(last, Gaussian(torch.zeros_like(last), torch.ones_like(last))).exp()[:, 0]

    def step(t: int) -> Gaussian:
        """p_θ(x_{t−1} | x_t) for every x_t of its grid."""
        grid = grids[t]
        labels = None if label is None else torch.full((len(grid),), label, dtype=torch.int64)
        raw = predict(grid, torch.full((len(grid),), t, dtype=torch.int64), labels)
        prediction = Prediction(*(value.to(grid) for value in raw))
        prediction = clip(schedule, grid, t, prediction) if clip_x_0 else prediction
        gaussian = reverse_gaussian(schedule, grid, t, prediction, w)
        _check_spacing(gaussian, mass, spacings[max(1, t - 1)], t)
        return gaussian

    for t in range(schedule.T, 1, -1):
        mass = mass @ (spacings[t - 1] * log_density(grids[t - 1].T, step(t)).exp())
        if abs(float(mass.sum()) - 1.0) > LOST:
            raise Refusal(
                "by t = {t} the chain has left [−{reach}, {reach}]: what is there sums to {mass}; raise reach",
                t=t - 1,
                reach=f"{reach:g}",
                mass=f"{float(mass.sum()):.6f}",
            )
    return torch.logsumexp(decoder(x_0.reshape(1, -1), step(1)) + mass.log()[:, None], 0)


def _least_sigma(schedule: Schedule, w: float) -> float:
    """The least σ_t > 0 of the chain; reverse_gaussian refuses those that are 0."""
    steps = [step_coefficients(schedule, "ddpm", w, t, t - 1).variance for t in range(2, schedule.T + 1)]
    variances = [variance for variance in (float(schedule.betas[1]), *steps) if variance > 0]
    return math.sqrt(min(variances, default=1.0))


def _check_spacing(step: Gaussian, mass: torch.Tensor, spacing: float, t: int) -> None:
    """Refuse a grid on which p_θ(x_{t−1} | x_t), as a function of either, is too narrow to be summed."""
    there = mass[:-1] + mass[1:] > NEGLIGIBLE
    jump = float(step.mean.diff(dim=0).abs()[there].max()) if bool(there.any()) else 0.0
    widest = max(spacing, jump) / float(step.variance.sqrt())
    if widest > WIDEST:
        raise Refusal(
            "the grid is too coarse at t = {t}: its steps are {step} σ_t, at most {most} will do; raise points or "
            "lower reach",
            t=t,
            step=f"{widest:.2f}",
            most=WIDEST,
        )
