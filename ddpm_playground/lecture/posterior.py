"""q(x_{t−1} | x_t, x_0): Bayes' rule on three bells."""

from typing import NamedTuple

import torch

from ..core import Gaussian, Schedule, posterior, q, q_step


class Bells(NamedTuple):
    """Three functions of x_{t−1} for one pixel, each (N,), and the Gaussian that two of them multiply to.

    Attributes:
        grid: values of x_{t−1}.
        prior: q(x_{t−1} | x_0), a density.
        likelihood: q(x_t | x_{t−1}) as a function of x_{t−1}, scaled to area 1.
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
    grid = _grid(exact, prior, noisy, float(q_step(schedule, noisy, t).variance) ** 0.5, num_points)
    mean, variance = q_step(schedule, grid[:, None], t)

    def log_bell(at: torch.Tensor, gaussian: Gaussian) -> torch.Tensor:
        return torch.distributions.Normal(gaussian.mean, gaussian.variance.sqrt()).log_prob(at).flatten()

    log_prior, log_likelihood = log_bell(grid, prior), log_bell(noisy, Gaussian(mean, variance))
    log_product = log_prior + log_likelihood  # far apart, as they are at small t, their product is 0 in float64
    product = (log_product - log_product.max()).exp()
    return Bells(
        grid, log_prior.exp(), log_likelihood.exp() * float(schedule.alphas[t]) ** 0.5,
        product / torch.trapezoid(product, grid), log_bell(grid, exact).exp(), prior, exact,
    )  # fmt: skip


def _grid(exact: Gaussian, prior: Gaussian, noisy: torch.Tensor, step: float, num_points: int) -> torch.Tensor:
    """Where the bells are drawn: half of the points where the product stands, half over all that is in sight.

    In sight are x_t and the step's reach around it, and the prior unless it is much wider.
    """
    centre, width, x_t = float(exact.mean), float(exact.variance) ** 0.5, float(noisy)
    spread, reach = float(prior.variance) ** 0.5, 5 * max(step, width)
    seen = [centre - reach, centre + reach, x_t - 3 * step, x_t + 3 * step]
    if 3 * spread < reach:
        seen += [float(prior.mean) - 3 * spread, float(prior.mean) + 3 * spread]
    near = torch.linspace(centre - 6 * width, centre + 6 * width, num_points // 2, dtype=torch.float64)
    far = torch.linspace(min(seen), max(seen), num_points - len(near), dtype=torch.float64)
    return torch.cat([near, far]).sort().values
