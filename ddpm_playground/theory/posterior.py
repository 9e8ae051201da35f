"""q(x_{t−1} | x_t, x_0): Bayes' rule on three bells."""

from typing import NamedTuple

import torch

from ..core import Gaussian, Schedule, posterior, q, q_step


class Bells(NamedTuple):
    """Three functions of x_{t−1} for one pixel, each (N,), and the Gaussian that two of them multiply to.

    Attributes:
        grid: values of x_{t−1}.
        prior: q(x_{t−1} | x_0), a density.
        likelihood: q(x_t | x_{t−1}) as a function of x_{t−1}, scaled to area 1 over the grid.
        product: prior · likelihood, scaled to area 1 over the grid.
        exact: N(μ̃_t, β̃_t) on the grid.
        prior_gaussian: of the first bell.
        posterior_gaussian: μ̃_t and β̃_t.
    """

    grid: torch.Tensor
    prior: torch.Tensor
    likelihood: torch.Tensor
    product: torch.Tensor
    exact: torch.Tensor
    prior_gaussian: Gaussian
    posterior_gaussian: Gaussian


def bells(schedule: Schedule, x_0: float, x_t: float, t: int, num_points: int = 801) -> Bells:
    """The step back by Bayes: q(x_{t−1}|x_t,x_0) ∝ q(x_t|x_{t−1}) q(x_{t−1}|x_0) (Ho et al. 2020, eq. 6 and 7).

    Args:
        schedule: the noise schedule.
        x_0: the clean pixel.
        x_t: the noisy pixel.
        t: 2…T.
        num_points: N.
    """
    clean, noisy = (torch.tensor([[v]], dtype=torch.float64) for v in (x_0, x_t))
    prior = q(schedule, clean, t - 1)
    exact = posterior(schedule, noisy, clean, t, t - 1)
    step = q_step(schedule, noisy, t).variance.sqrt()
    reach = 5 * float(torch.maximum(step, exact.variance.sqrt()))
    centre = float(exact.mean)
    grid = torch.linspace(centre - reach, centre + reach, num_points, dtype=torch.float64)
    mean, variance = q_step(schedule, grid[:, None], t)

    def bell(at: torch.Tensor, gaussian: Gaussian) -> torch.Tensor:
        return torch.distributions.Normal(gaussian.mean, gaussian.variance.sqrt()).log_prob(at).exp().flatten()

    first = bell(grid, prior)
    likelihood = bell(noisy, Gaussian(mean, variance))
    product = first * likelihood
    likelihood, product = (y / torch.trapezoid(y, grid) for y in (likelihood, product))
    return Bells(grid, first, likelihood, product, bell(grid, exact), prior, exact)
