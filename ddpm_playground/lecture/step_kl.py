"""KL(q(x_{t−1}|x_t, x_0) ‖ p_θ(x_{t−1}|x_t)): with the variances fixed, a distance of means."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ..core import (
    WEIGHTS,
    EpsPredictor,
    Gaussian,
    Prediction,
    Schedule,
    SeededNoise,
    kl,
    posterior,
    q_sample,
    reverse_gaussian,
    x_0_from_eps,
)


class StepKL(NamedTuple):
    """One term of the bound and what it is made of; sums over all D numbers of a picture, in nats.

    Attributes:
        x_t: (1,*D).
        forward: q(x_{t−1} | x_t, x_0).
        backward: p_θ(x_{t−1} | x_t).
        kl: of these two Gaussians.
        weight: β_t²/(2σ_t²α_t(1−ᾱ_t)).
        error: ‖ε − ε̂‖².
        constant: the KL that is left when the means are equal; 0 where the variances are equal.
    """

    x_t: torch.Tensor
    forward: Gaussian
    backward: Gaussian
    kl: float
    weight: float
    error: float
    constant: float

    @property
    def formula(self) -> float:
        """weight · ‖ε − ε̂‖² + constant."""
        return self.weight * self.error + self.constant


def step_weights(schedule: Schedule, w: float) -> torch.Tensor:
    """β_t²/(2σ_t²α_t(1−ᾱ_t)), σ_t² = β̃_t^(1−w) β_t^w, at t = 1…T, (T,) (Ho et al. 2020, eq. 12).

    For w < 1 it is ∞ at t = 1, where β̃_1 = 0; the bound has the decoder's term there.
    """
    return WEIGHTS["bound"](schedule) * (schedule.betas[1:] / schedule.beta_tildes[1:]) ** (1.0 - w)


def step_kl(
    schedule: Schedule, x_0: torch.Tensor, eps: torch.Tensor, eps_hat: torch.Tensor, t: int, w: float
) -> StepKL:
    """KL(q(x_{t−1}|x_t,x_0) ‖ p_θ(x_{t−1}|x_t)), measured on the Gaussians and by its formula (Ho et al. 2020, eq. 12).

    Both means are 1/√α_t (x_t − (1−α_t)/√(1−ᾱ_t) ·), once with ε and once with ε̂, so their distance is that of the
    noises.

    Args:
        schedule: the noise schedule.
        x_0: (1,*D), float64.
        eps: the noise in x_t, (1,*D), float64.
        eps_hat: what is said of it, (1,*D), float64.
        t: 2…T.
        w: σ_t² = β̃_t^(1−w) β_t^w.
    """
    x_t = q_sample(schedule, x_0, t, eps)
    forward = posterior(schedule, x_t, x_0, t, t - 1)
    prediction = Prediction(eps_hat, x_0_from_eps(schedule, x_t, t, eps_hat))
    backward = reverse_gaussian(schedule, x_t, t, prediction, w)
    same_mean = Gaussian(forward.mean, backward.variance)
    return StepKL(
        x_t=x_t,
        forward=forward,
        backward=backward,
        kl=float(kl(forward, backward).sum()),
        weight=float(step_weights(schedule, w)[t - 1]),
        error=float((eps - eps_hat).square().sum()),
        constant=float(kl(forward, same_mean).sum()),
    )


def eps_errors(
    schedule: Schedule, predict: EpsPredictor, x_0: torch.Tensor, ts: Sequence[int], label: int, seed: int
) -> torch.Tensor:
    """‖ε − ε̂‖²/D of one picture at each of ts, one ε each, (len(ts),).

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor; it is asked once, with all of ts.
        x_0: (1,*D), float64.
        ts: each in 1…T.
        label: class of the picture.
        seed: of the noises.
    """
    eps = SeededNoise(seed, range(len(ts)), x_0.shape[1:])().to(x_0)
    t = torch.tensor(ts)
    x_t = q_sample(schedule, x_0.expand(len(ts), *x_0.shape[1:]), t, eps)
    eps_hat = predict(x_t, t, torch.full((len(ts),), label)).eps_hat
    return (eps - eps_hat).square().flatten(1).mean(1)


class PixelBells(NamedTuple):
    """The two Gaussians of one pixel as functions of x_{t−1}, each (N,).

    Attributes:
        grid: values of x_{t−1}, about the forward mean.
        forward: density of q(x_{t−1} | x_t, x_0).
        backward: density of p_θ(x_{t−1} | x_t).
        means: of both.
        sigmas: of both.
    """

    grid: torch.Tensor
    forward: torch.Tensor
    backward: torch.Tensor
    means: tuple[float, float]
    sigmas: tuple[float, float]


def pixel_bells(step: StepKL, pixel: int, num_points: int = 301) -> PixelBells:
    """Both bells of one pixel, counted in reading order."""
    means = tuple(float(gaussian.mean.flatten()[pixel]) for gaussian in (step.forward, step.backward))
    sigmas = tuple(float(gaussian.variance.sqrt()) for gaussian in (step.forward, step.backward))
    reach = abs(means[1] - means[0]) + 4 * max(sigmas)
    grid = torch.linspace(means[0] - reach, means[0] + reach, num_points, dtype=torch.float64)
    forward, backward = (
        torch.distributions.Normal(mean, sigma).log_prob(grid).exp() for mean, sigma in zip(means, sigmas, strict=True)
    )
    return PixelBells(grid, forward, backward, (means[0], means[1]), (sigmas[0], sigmas[1]))


def pixels_by_error(step: StepKL) -> torch.Tensor:
    """The pixels, in reading order's numbers, those with the largest |μ̃ − μ_θ| first."""
    return (step.forward.mean - step.backward.mean).abs().flatten().argsort(descending=True, stable=True)
