"""Algorithm 2 of Ho et al. (2020), one line at a time, with its noise z and without."""

from typing import NamedTuple

import torch

from ..core import Schedule, Step, line_4_factors, q
from ..core.checks import whole_number
from ..learn.data.pictures import bundled_digits
from ..recipe import Recipe
from ..run import Run, steps_of
from .remembered import remembered

NUM_STEPS, SIDE_BY_SIDE = 50, 6
LINES_PER_STEP = 4


class Position(NamedTuple):
    """Where a chain stands after k lines: the line that ran last, 0…5 or None, and the step, 0…S−1."""

    line: int | None
    step: int


def num_lines(num_steps: int) -> int:
    """Lines from x_T to x_0: line 1, lines 2 to 5 of each step, line 6."""
    return 2 + LINES_PER_STEP * num_steps


def position(k: int, num_steps: int) -> Position:
    """Where the chain of S steps stands after k lines.

    Args:
        k: 0…num_lines(S).
        num_steps: S.

    Raises:
        ValueError: k out of range.
    """
    most = num_lines(num_steps)
    whole_number("k", k, 0, most, "start again")
    if k < 2:
        return Position(0 if k else None, 0)
    if k == most:
        return Position(5, num_steps - 1)
    step, line = divmod(k - 2, LINES_PER_STEP)
    return Position(line + 1, step)


class Chains(NamedTuple):
    """Two runs of algorithm 2 from the same x_T on the same network: with z in line 4, and with z = 0 throughout."""

    schedule: Schedule
    with_z: tuple[Step, ...]
    without_z: tuple[Step, ...]


@remembered(8)
def chains(label: int, seed: int) -> Chains:
    """The shipped network's chains of one class, σ_t² = β̃_t, x̂_0 not clipped, so that line 4 holds to the letter.

    Args:
        label: 0…9.
        seed: of x_T and of every z.
    """
    runs = _runs(label, seed, 1)
    with_z, without_z = (tuple(steps_of(run)) for run in runs)
    return Chains(runs[0].schedule, with_z, without_z)


def _runs(label: int, seed: int, num_images: int) -> list[Run]:
    recipe = Recipe(
        label=str(label), seed=seed, num_steps=NUM_STEPS, spacing="trailing", num_images=num_images, clip_x_0=False
    )
    return [Run(recipe.with_(add_noise=add_noise)) for add_noise in (True, False)]


class Ends(NamedTuple):
    """x_0 of SIDE_BY_SIDE chains of one class, (N,*D), with z and without from the same x_T."""

    with_z: torch.Tensor
    without_z: torch.Tensor


@remembered(10)
def ends(label: int) -> Ends:
    """Where the chains of a class end, always from the same x_T: what one run cannot show, how much they differ."""
    with_z, without_z = (tuple(steps_of(run))[-1].x_s for run in _runs(label, 0, SIDE_BY_SIDE))
    return Ends(with_z, without_z)


def spread(x_0: torch.Tensor) -> float:
    """Variance over the pictures (N,*D) of one pixel, the mean over all pixels."""
    return float(x_0.var(0).mean())


class Line4(NamedTuple):
    """Line 4 taken apart: x_s = outer (x_t − inner ε_θ) + σ_t z.

    Attributes:
        outer: 1/√α_t with α_t = ᾱ_t/ᾱ_s.
        inner: (1−α_t)/√(1−ᾱ_t).
        sigma: σ_t, or 0 where no z is added.
        removed: inner · ε_θ, (B,*D).
        difference: x_t less that.
        mean: outer times the difference.
        noise: σ_t z.
        x_s: mean + noise.
    """

    outer: float
    inner: float
    sigma: float
    removed: torch.Tensor
    difference: torch.Tensor
    mean: torch.Tensor
    noise: torch.Tensor
    x_s: torch.Tensor


def line_4(schedule: Schedule, step: Step, add_noise: bool = True) -> Line4:
    """x_{t−1} = 1/√α_t (x_t − (1−α_t)/√(1−ᾱ_t) ε_θ(x_t, t)) + σ_t z (Ho et al. 2020, algorithm 2, line 4).

    Args:
        schedule: the chain's.
        step: of the chain; only its x_t, ε_θ, σ_t² and z are used.
        add_noise: False leaves σ_t z out, as the chain did.
    """
    outer, inner = line_4_factors(schedule, step.t, step.s)
    sigma = float(step.variance) ** 0.5 if add_noise and step.z is not None else 0.0
    removed = inner * step.eps_hat
    difference = step.x_t - removed
    mean = outer * difference
    noise = torch.zeros_like(mean) if step.z is None else sigma * step.z
    return Line4(outer, inner, sigma, removed, difference, mean, noise, mean + noise)


def mean_square(x: torch.Tensor) -> float:
    """Mean of x² over all pixels."""
    return float(x.square().mean())


@remembered(16)
def data_mean_square(label: int) -> float:
    """E[x_0²] per pixel over the bundled digits of a class."""
    digits = bundled_digits()
    return mean_square(digits.x_0(digits.labels == label))


def q_mean_square(schedule: Schedule, label: int, t: torch.Tensor) -> torch.Tensor:
    """E[x_t²] per pixel that q(x_t) has: ᾱ_t E[x_0²] + 1 − ᾱ_t, of the shape of t (Ho et al. 2020, eq. 4)."""
    root = torch.full((len(t), 1), data_mean_square(label) ** 0.5, dtype=torch.float64)
    mean, variance = q(schedule, root, t)
    return (mean.square() + variance).flatten()
