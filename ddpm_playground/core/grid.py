"""The exact likelihood of the reverse chain in one dimension: its density carried from T to 0 on a grid."""

import math

import torch

from .bound import check_x_0, reverse_gaussian
from .decoder import Decoder, log_density
from .gaussian import Gaussian
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
    points: int | None = None,
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
        points: grid points; None for spacing of half the least σ_t.
        reach: the grid goes from −reach to reach.

    Raises:
        ValueError: x_0 of more than one dimension, σ_t² = 0, a grid that would be too coarse or too large, or a chain
            that leaves it.
    """
    if check_x_0(x_0).numel() != len(x_0):
        raise ValueError(f"the grid is of one dimension, got x_0 of shape {tuple(x_0.shape)}; give (B,1)")
    points = points or math.ceil(2 * reach / (DEFAULT_SPACING * _least_sigma(schedule, w))) + 1
    if points > MAX_POINTS:
        raise ValueError(
            f"the grid would have {points} points, at most {MAX_POINTS} fit; lower reach or T, or raise the least β_t"
        )
    grid = torch.linspace(-reach, reach, points, dtype=torch.float64)[:, None]
    spacing = 2 * reach / (points - 1)
    labels = None if label is None else torch.full((points,), label, dtype=torch.int64)
    mass = spacing * log_density(grid, Gaussian(torch.zeros_like(grid), torch.ones_like(grid))).exp()[:, 0]

    def step(t: int) -> Gaussian:
        """p_θ(x_{t−1} | x_t) for every x_t of the grid."""
        said = predict(grid, torch.full((points,), t, dtype=torch.int64), labels)
        prediction = Prediction(*(value.to(grid) for value in said))
        prediction = clip(schedule, grid, t, prediction) if clip_x_0 else prediction
        gaussian = reverse_gaussian(schedule, grid, t, prediction, w)
        _check_spacing(gaussian, mass, spacing, t)
        return gaussian

    for t in range(schedule.T, 1, -1):
        mass = mass @ (spacing * log_density(grid.T, step(t)).exp())
        if abs(float(mass.sum()) - 1.0) > LOST:
            raise ValueError(
                f"by t = {t - 1} the chain has left [−{reach:g}, {reach:g}], as p(x_t) sums to {float(mass.sum()):.6f}; "
                "raise reach"
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
        raise ValueError(
            f"the grid is too coarse at t = {t}: its steps are {widest:.2f} σ_t, at most {WIDEST} will do; "
            "raise points or lower reach"
        )
