"""q(x_t | x_{t−1}): what one step does to mean and variance, and what the chosen β_t change in a trained network."""

import math
from typing import NamedTuple

import torch

from ..core import Sampling, Schedule, SeededNoise, forward, q_sample, reverse, schedule_from_betas, timestep_path
from .line_data import DATA, SmallEps, train_small
from .remembered import remembered

MEASURED, SAMPLES = 4096, 8000
# Samples of a chain that leaves the data by far are counted at the edge.
EDGE, BINS = 4.0, 100


def film(schedule: Schedule, x_0: torch.Tensor, seed: int) -> list[torch.Tensor]:
    """x_0, x_1, …, x_T of one chain, each (1,C,H,W) (Ho et al. 2020, eq. 2).

    Args:
        schedule: gives β_1…β_T.
        x_0: (1,C,H,W).
        seed: of the noises.
    """
    return [x_0, *forward(schedule, x_0, schedule.T, SeededNoise(seed, [0], x_0.shape[1:]))]


def standardised(x_0: torch.Tensor) -> torch.Tensor:
    """All numbers of x_0 shifted and scaled to mean 0 and variance 1."""
    return (x_0 - x_0.mean()) / x_0.std(correction=0)


def measured_variances(schedule: Schedule, x_0: torch.Tensor, seed: int) -> torch.Tensor:
    """Variance over all numbers of x_0, x_1, …, x_T, (T+1,): E var = (1−β_t) var + β_t, step by step.

    Args:
        schedule: gives β_1…β_T.
        x_0: (1,*D), as many numbers as there shall be.
        seed: of the noises.
    """
    return torch.stack([x.var(correction=0) for x in film(schedule, x_0, seed)]).double()


def variance_error(alpha_bar_t: float, num_numbers: int) -> float:
    """Standard error of the variance of x_t over that many numbers, whose x_0 have a variance of exactly 1.

    x_t² varies by the square of the noise, 2(1−ᾱ_t)², and by its product with x_0, 4ᾱ_t(1−ᾱ_t).
    """
    return (2 * (1 - alpha_bar_t**2) / num_numbers) ** 0.5


def variances_without_roots(schedule: Schedule) -> torch.Tensor:
    """Variance of x_t = (1−β_t) x_{t−1} + β_t · noise from variance 1 on, (T+1,): what the roots are there against."""
    variance, found = 1.0, [1.0]
    for beta in schedule.betas[1:].tolist():
        variance = (1 - beta) ** 2 * variance + beta**2
        found.append(variance)
    return torch.tensor(found, dtype=torch.float64)


class Learned(NamedTuple):
    """What a small network learned under some β_1…β_T.

    Attributes:
        loss: E (ε − ε_θ)² at t = 1…T, (T,), on fresh draws.
        least: the same of E[ε | x_t], below which no network comes, (T,).
        samples: from algorithm 2 of these T steps with σ_t² = β_t, kept within ±EDGE, (SAMPLES,).
        misplaced: share of the samples in the wrong place.
    """

    loss: torch.Tensor
    least: torch.Tensor
    samples: torch.Tensor
    misplaced: float


def loss_by_t(schedule: Schedule, network: SmallEps, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """E (ε − ε̂)² at t = 1…T of a network and of E[ε | x_t], (T,) each, on the same draws (Ho et al. 2020, eq. 14).

    Args:
        schedule: the one that it was trained under.
        network: the ε-predictor.
        seed: of the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    exact, errors = DATA.exact_eps(schedule), []
    for t in range(1, schedule.T + 1):
        x_0 = DATA.sample(MEASURED, generator)
        eps = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype)
        x_t = q_sample(schedule, x_0, t, eps)
        errors.append([(eps - predict(x_t, t).eps_hat).square().mean() for predict in (network, exact)])
    network_errors, least = torch.tensor(errors, dtype=torch.float64).T
    return network_errors, least


def misplaced(samples: torch.Tensor) -> float:
    """The share of samples in the wrong place: ½ Σ |share of samples − share of data| over bins of [−EDGE, EDGE]."""
    edges = torch.linspace(-EDGE, EDGE, BINS + 1, dtype=torch.float64)
    share = torch.histogram(samples, edges).hist / len(samples)
    return 0.5 * float((share - DATA.density.cdf(edges).diff()).abs().sum())


def misplaced_by_chance() -> float:
    """What `misplaced` finds on average in SAMPLES draws from the data itself: ½ Σ √(2 p (1 − p)/(π SAMPLES))."""
    share = DATA.density.cdf(torch.linspace(-EDGE, EDGE, BINS + 1, dtype=torch.float64)).diff()
    return 0.5 * float((2 * share * (1 - share) / (math.pi * SAMPLES)).sqrt().sum())


@remembered(32)
def learned(betas: tuple[float, ...], seed: int) -> Learned:
    """A small network trained under these β_1…β_T from scratch, and what comes of it; about half a second.

    Args:
        betas: β_1…β_T, each in (0, 1).
        seed: of the network, of the draws and of the samples.
    """
    schedule = schedule_from_betas(betas)
    network = train_small(schedule, DATA, seed)
    loss, least = loss_by_t(schedule, network, seed + 1)
    noise = SeededNoise(seed + 2, [0], (SAMPLES, 1))

    def draw() -> torch.Tensor:
        return noise()[0].double()

    steps = reverse(
        schedule, network, draw(), timestep_path(schedule.T, schedule.T), draw, Sampling(eta_or_w=1.0, clip_x_0=False)
    )
    *_, last = steps
    samples = last.x_s[:, 0].nan_to_num(EDGE).clamp(-EDGE, EDGE)
    return Learned(loss, least, samples, misplaced(samples))
