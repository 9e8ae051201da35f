"""q(x_t | x_0) in one step: many small Gaussians against the one that they add up to."""

from typing import NamedTuple

import torch

from ..core import Schedule, SeededNoise, eps_from_x_0, forward, q_between, q_sample, q_step

BINS = 81


class Merged(NamedTuple):
    """The noise of k steps, added one by one, against one Gaussian.

    Attributes:
        edges: of the histogram's bins, (BINS+1,).
        chain: density of the noise that k steps leave, (BINS,).
        closed: density of one draw from the merged Gaussian, (BINS,).
        density: of the merged Gaussian, exactly, at the bins' middles, (BINS,).
        chain_variance: of the samples.
        closed_variance: of the samples.
        variance: exact, 1 − ᾱ_t/ᾱ_s.
    """

    edges: torch.Tensor
    chain: torch.Tensor
    closed: torch.Tensor
    density: torch.Tensor
    chain_variance: float
    closed_variance: float
    variance: float


def merged_noise(schedule: Schedule, s: int, t: int, num_samples: int, seed: int) -> Merged:
    """x_t from x_s = 0 by t − s steps of q(x_u | x_{u−1}), and by one draw from q(x_t | x_s).

    With two steps these are √α_t √(1−α_{t−1}) ε + √(1−α_t) ε′ and √(1−α_t α_{t−1}) ε″ (Ho et al. 2020, eq. 4).

    Args:
        schedule: the noise schedule.
        s: 0…t−1.
        t: 1…T.
        num_samples: at least 2.
        seed: of the noises.
    """
    noise = SeededNoise(seed, [0], (num_samples,))
    zero = torch.zeros(1, num_samples)
    x = zero
    for u in range(s + 1, t + 1):
        mean, variance = q_step(schedule, x, u)
        x = mean + variance.sqrt() * noise()
    exact = q_between(schedule, zero, s, t)
    one = exact.mean + exact.variance.sqrt() * noise()
    sigma = float(exact.variance) ** 0.5
    edges = torch.linspace(-4 * sigma, 4 * sigma, BINS + 1)
    width = float(edges[1] - edges[0])

    def density(samples: torch.Tensor) -> torch.Tensor:
        return torch.histogram(samples.flatten(), edges).hist / (num_samples * width)

    middles = (edges[1:] + edges[:-1]) / 2
    bell = torch.distributions.Normal(0.0, sigma).log_prob(middles).exp()
    return Merged(edges, density(x), density(one), bell, float(x.var()), float(one.var()), float(exact.variance))


class OnDigit(NamedTuple):
    """A digit noised twice to the same t, each (C,H,W).

    Attributes:
        chain: x_t by t single steps.
        eps: the one ε that all noises of the chain add up to.
        closed: x_t in one step with that ε.
        fresh: x_t in one step with an ε of its own.
        gap: largest difference between chain and closed.
    """

    chain: torch.Tensor
    eps: torch.Tensor
    closed: torch.Tensor
    fresh: torch.Tensor
    gap: float


def chain_and_closed_form(schedule: Schedule, x_0: torch.Tensor, t: int, seed: int) -> OnDigit:
    """x_t of a digit by t steps and by one (Ho et al. 2020, eq. 2 and 4).

    Args:
        schedule: the noise schedule.
        x_0: (1,C,H,W).
        t: 1…T.
        seed: of the noises.
    """
    noise = SeededNoise(seed, [0], x_0.shape[1:])
    chain = x_0
    for step in forward(schedule, x_0, t, noise):
        chain = step
    eps = eps_from_x_0(schedule, chain, t, x_0)
    closed, fresh = q_sample(schedule, x_0, t, eps), q_sample(schedule, x_0, t, noise())
    return OnDigit(chain[0], eps[0], closed[0], fresh[0], float((chain - closed).abs().max()))
