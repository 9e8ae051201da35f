"""The bound of a DDPM on a line, integrated over x_t: as many nodes as its error needs, and the error known."""

import math
from typing import NamedTuple

import torch

from ..core import EpsPredictor, Gaussian, Schedule, kl, log_density, posterior, prior_term, q
from ..core.phrase import Refusal

# In σ of q(x_t|x_0): how far the nodes reach, how far apart they are first, and where more of them would not help.
REACH, SPACING, LEAST = 7.5, 0.11, 0.005
TOLERANCE = 1e-6
# Steps that are integrated with as many nodes as the first of them needs.
TOGETHER = 8


class LineBound(NamedTuple):
    """The bound on −log p_θ(x_0) in nats, integrated.

    Attributes:
        prior: L_T, (N,).
        terms: L_0, L_1, …, L_{T−1}, (N,T).
        spacing: of the nodes in σ of q(x_t|x_0); at most this.
        error: largest change of `total` from nodes twice as far apart. The error itself is about its square, for the
            trapezoid rule on analytic functions doubles its digits whenever its nodes are doubled.
    """

    prior: torch.Tensor
    terms: torch.Tensor
    spacing: float
    error: float

    @property
    def total(self) -> torch.Tensor:
        """L_T + L_{T−1} + … + L_0 ≥ −log p_θ(x_0), (N,)."""
        return self.prior + self.terms.sum(1)


def line_bound(schedule: Schedule, predict: EpsPredictor, x_0: torch.Tensor, tolerance: float = TOLERANCE) -> LineBound:
    """L_T + Σ L_{t−1} + L_0 of many numbers x_0 at once, σ_t² = β_t (Ho et al. 2020, eq. 5).

    The nodes are halved apart until the sum over every second one is no farther than `tolerance` from that over all.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor, for numbers, asked in float64.
        x_0: (N,), float64.
        tolerance: in nats.

    Raises:
        ValueError: an ε̂ so rough that nodes 0.005 σ apart do not reach the tolerance.
    """
    spacing = SPACING
    while spacing >= LEAST:
        parts = [_terms(schedule, predict, x_0, t, spacing) for t in torch.arange(1, schedule.T + 1).split(TOGETHER)]
        fine, coarse = (torch.cat(sums) for sums in zip(*parts, strict=True))
        error = float((fine - coarse).sum(0).abs().max())
        if error <= tolerance:
            return LineBound(prior_term(schedule, x_0[:, None]), fine.T, spacing, error)
        spacing /= 2
    raise Refusal(
        "the bound must be known to {tolerance} nats, got {got} from nodes {step} σ apart; use a smoother "
        "ε-predictor or a larger β_1",
        tolerance=f"{tolerance:g}",
        got=f"{error:.2g}",
        step=f"{2 * spacing:g}",
    )


def _terms(
    schedule: Schedule, predict: EpsPredictor, x_0: torch.Tensor, t: torch.Tensor, spacing: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """E of each L_{t−1} over x_t ~ q(x_t|x_0), (t,N), over all nodes and over every second one.

    A KL of Gaussians whose means are linear in x_0, and −log N(x_0; ·), are polynomials of degree 2 in x_0: known from
    x_0 = −1, 0 and 1 they are known everywhere, and their coefficients are integrated once for all x_0.
    """
    at = q(schedule, x_0.expand(len(t), -1), t)
    sigma = at.variance.sqrt()
    reach = at.mean.abs().amax(1, keepdim=True) + REACH * sigma
    # Odd, so that every second node is the same interval's.
    count = 4 * math.ceil(float((reach / sigma).max()) / spacing / 2) + 1
    x_t = reach * torch.linspace(-1, 1, count, dtype=x_0.dtype)
    every = t.repeat_interleave(x_t.shape[1])
    x_hat_0 = predict(x_t.reshape(-1, 1), every).x_hat_0.reshape(x_t.shape)
    beta = schedule.betas[t][:, None]
    backward = Gaussian(posterior(schedule, x_t, x_hat_0, t, t - 1).mean, beta)

    def nats(value: float) -> torch.Tensor:
        here = torch.full_like(x_t, value)
        decoded, step = -log_density(here, backward), kl(posterior(schedule, x_t, here, t, t - 1), backward)
        return torch.where(t[:, None] == 1, decoded, step)

    minus, zero, plus = nats(-1.0), nats(0.0), nats(1.0)
    coefficients = torch.stack([zero, (plus - minus) / 2, (plus + minus) / 2 - zero], 2)
    density = log_density(x_t[:, None], Gaussian(at.mean[:, :, None], at.variance[:, :, None])).exp_()
    powers = torch.stack([torch.ones_like(x_0), x_0, x_0.square()], 1)
    width = x_t[:, 1:2] - x_t[:, :1]

    def expected(k: int) -> torch.Tensor:
        return k * width * (density[..., ::k] @ coefficients[:, ::k] * powers).sum(2)

    return expected(1), expected(2)
