"""The lower bound of a VAE where log p(x) is known exactly: z ~ N(0, 1), x|z ~ N(a z + b, σ²)."""

from typing import NamedTuple

import torch

from ..core import Gaussian, kl


class Model(NamedTuple):
    """p(z) = N(0, 1) and p(x|z) = N(a z + b, σ²), both of one number."""

    a: float
    b: float
    sigma: float


def gaussian(mean: float, variance: float) -> Gaussian:
    """N(mean, variance) in float64."""
    return Gaussian(torch.tensor(mean, dtype=torch.float64), torch.tensor(variance, dtype=torch.float64))


PRIOR = gaussian(0.0, 1.0)


def log_density(of: Gaussian, x: torch.Tensor | float) -> torch.Tensor:
    """log N(x; mean, variance) in nats, at one x or many."""
    at = torch.as_tensor(x, dtype=torch.float64)
    return torch.distributions.Normal(of.mean, of.variance.sqrt()).log_prob(at)


def evidence(model: Model) -> Gaussian:
    """p(x) = ∫ p(x|z) p(z) dz = N(b, a² + σ²)."""
    return gaussian(model.b, model.a**2 + model.sigma**2)


def true_posterior(model: Model, x: float) -> Gaussian:
    """p(z|x) = N(a (x − b)/(a² + σ²), σ²/(a² + σ²)), by Bayes' rule."""
    total = model.a**2 + model.sigma**2
    return gaussian(model.a * (x - model.b) / total, model.sigma**2 / total)


class Bound(NamedTuple):
    """log p(x) taken apart by q(z|x), in nats; each number is had by a way of its own.

    Attributes:
        log_p: log p(x), of the evidence.
        fits: E_q[log p(x|z)], how well z drawn from q explains x.
        prior_kl: KL(q(z|x)‖p(z)).
        bound: fits − prior_kl, which is E_q[log p(x,z)/q(z|x)].
        integrated: ∫ q log(p(x,z)/q) dz, by the trapezoid rule.
        gap: KL(q(z|x)‖p(z|x)) ≥ 0.
    """

    log_p: float
    fits: float
    prior_kl: float
    bound: float
    integrated: float
    gap: float


def bound(model: Model, x: float, q: Gaussian) -> Bound:
    """log p(x) = E_q[log p(x,z)/q(z|x)] + KL(q(z|x)‖p(z|x)) (Kingma & Welling 2014, eq. 1 to 3).

    Args:
        model: the latent model.
        x: what was observed.
        q: q(z|x), of one number, variance > 0.
    """
    noise = gaussian(x - model.b, model.sigma**2)
    # E_q (x − az − b)² = (x − a E z − b)² + a² Var z
    fits = float(log_density(noise, model.a * q.mean)) - float(model.a**2 * q.variance / (2 * model.sigma**2))
    prior_kl = float(kl(q, PRIOR))
    z = torch.linspace(-12, 12, 2401, dtype=torch.float64) * q.variance.sqrt() + q.mean
    log_q = log_density(q, z)
    ratio = log_density(PRIOR, z) + log_density(noise, model.a * z) - log_q
    return Bound(
        log_p=float(log_density(evidence(model), x)),
        fits=fits,
        prior_kl=prior_kl,
        bound=fits - prior_kl,
        integrated=float(torch.trapezoid(log_q.exp() * ratio, z)),
        gap=float(kl(q, true_posterior(model, x))),
    )


def bound_over_mean(model: Model, x: float, variance: float, mean: torch.Tensor) -> torch.Tensor:
    """The bound while q's mean moves and its variance stays, the shape of `mean`."""
    q = Gaussian(mean, torch.full_like(mean, variance))
    fits = log_density(gaussian(x - model.b, model.sigma**2), model.a * mean)
    return fits - model.a**2 * variance / (2 * model.sigma**2) - kl(q, PRIOR)


class Gaps(NamedTuple):
    """The gap that is left when one part of q is put right.

    Attributes:
        by_mean: with the posterior's mean and q's variance.
        by_width: with q's mean and the posterior's variance.
    """

    by_mean: float
    by_width: float


def gaps_left(model: Model, x: float, q: Gaussian) -> Gaps:
    """KL(q(z|x)‖p(z|x)) once q's mean, or once q's variance, is the posterior's."""
    right = true_posterior(model, x)
    return Gaps(float(kl(Gaussian(right.mean, q.variance), right)), float(kl(Gaussian(q.mean, right.variance), right)))
