"""DDPM as p_θ(x_0): its exact likelihood on a line beside the bound, and what the gap between them is made of."""

import math
from typing import NamedTuple

import torch

from ..core import (
    EpsPredictor,
    Gaussian,
    Schedule,
    exact_log_p,
    log_density,
    posterior,
    schedule_from_betas,
)
from ..core.checks import one_of
from ..core.phrase import Refusal
from ..core.schedule import betas_from_alpha_bars
from .line_bound import TOLERANCE, line_bound
from .line_data import Mixture, SmallEps, train_small
from .remembered import remembered

# Off centre, as pictures are, so that a start from N(0, 1) is seen to miss something.
DATA = Mixture(
    means=torch.tensor([-0.9, 0.3, 1.1], dtype=torch.float64),
    variances=torch.tensor([0.0225, 0.02, 0.0225], dtype=torch.float64),
    weights=torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64),
)

# Fine enough that sums over them are integrals: the data's narrowest bump is 2.8 spacings wide.
X_0 = torch.linspace(-2.4, 2.4, 97, dtype=torch.float64)
FINE = torch.linspace(-9.0, 9.0, 1801, dtype=torch.float64)
REACH, SCANNED = 6.5, 651
SPACING, WIDEST = 0.6, 0.1
# Fewer points for comparison, and so many times more where the two differ.
COARSER, FINER = 0.9, 1.6
PREDICTORS = ("exact", "network")


def even_in_log_snr(T: int, beta_1: float, alpha_bar_T: float) -> Schedule:
    """log SNR(t) falls evenly from t = 1 to T, so that both ends stay where they are whatever T.

    Args:
        T: at least 2.
        beta_1: 1 − ᾱ_1, the variance of the decoder.
        alpha_bar_T: below 1 − beta_1.

    Raises:
        ValueError: ᾱ would not fall.
    """
    if not (T >= 2 and 0 < alpha_bar_T < 1 - beta_1 < 1):
        raise Refusal(
            "T must be at least 2 and 0 < ᾱ_T < 1 − β_1 < 1, got T = {T}, β_1 = {beta_1}, ᾱ_T = {alpha_bar_T}; lower "
            "β_1 or ᾱ_T",
            T=T,
            beta_1=f"{beta_1:g}",
            alpha_bar_T=f"{alpha_bar_T:g}",
        )
    ends = torch.logit(torch.tensor([1 - beta_1, alpha_bar_T], dtype=torch.float64))
    alpha_bars = torch.sigmoid(torch.linspace(float(ends[0]), float(ends[1]), T, dtype=torch.float64))
    return schedule_from_betas(
        betas_from_alpha_bars(torch.cat([torch.ones_like(ends[:1]), alpha_bars])), "even log SNR"
    )


@remembered(1)
def network() -> SmallEps:
    """The small network, trained once on all noise levels that the chapter's chains visit; a second or two."""
    return train_small(even_in_log_snr(1000, 0.008, 4e-3), DATA, seed=0, num_steps=1000).double()


def predictor(name: str, schedule: Schedule) -> EpsPredictor:
    """ "exact" is E[ε | x_t], "network" the small network."""
    one_of("the predictor", name, PREDICTORS)
    return DATA.exact_eps(schedule) if name == "exact" else network().on(schedule)


def over_data(values: torch.Tensor) -> torch.Tensor:
    """E over x_0 of values at X_0, (N,…) → (…)."""
    weights = DATA.density.log_prob(X_0).exp() * (X_0[1] - X_0[0])
    return torch.tensordot(weights, values, 1)


class Bound(NamedTuple):
    """The bound on −log p_θ(x_0), in nats.

    Attributes:
        total: at each of X_0, (N,).
        prior: E L_T over the data.
        terms: E L_0, E L_1, …, E L_{T−1} over the data, (T,).
        mean: E of `total`.
    """

    total: torch.Tensor
    prior: float
    terms: torch.Tensor
    mean: float


@remembered(256)
def bound(T: int, beta_1: float, alpha_bar_T: float, name: str) -> Bound:
    """E_q log q(x_{1:T}|x_0)/p_θ(x_{0:T}) at every x_0, integrated over x_t (Ho et al. 2020, eq. 3 and 5)."""
    schedule = even_in_log_snr(T, beta_1, alpha_bar_T)
    found = line_bound(schedule, predictor(name, schedule), X_0)
    return Bound(
        found.total, float(over_data(found.prior)), over_data(found.terms), float(over_data(found.total))
    )  # fmt: skip


def points_for(schedule: Schedule, predict: EpsPredictor) -> list[int]:
    """Points of each x_t's grid, t = 1…T, for `exact_log_p`.

    Apart by 0.6 of the σ_{t+1} that made x_t, or less where the mean of the step from x_t is steep for its σ_t, and
    by no more than what a network bends within.
    """
    t, scan = torch.arange(1, schedule.T + 1), torch.linspace(-REACH, REACH, SCANNED, dtype=torch.float64)
    x_t = scan.expand(len(t), -1)
    x_hat_0 = predict(x_t.reshape(-1, 1), t.repeat_interleave(SCANNED)).x_hat_0.reshape(x_t.shape)
    slope = posterior(schedule, x_t, x_hat_0, t, t - 1).mean.diff(dim=1).abs().amax(1) / float(scan[1] - scan[0])
    sigma = schedule.betas[1:].sqrt()
    made = torch.cat([sigma[1:], torch.ones_like(sigma[:1])])  # x_T ~ N(0, 1)
    spacing = (SPACING * torch.minimum(sigma / slope, made)).clamp_max(WIDEST)
    return [math.ceil(2 * REACH / width) + 1 for width in spacing.tolist()]


@remembered(256)
def log_p(T: int, beta_1: float, alpha_bar_T: float, name: str) -> torch.Tensor:
    """log p_θ(x_0) of the reverse chain at every x_0 in nats, (N,); on grids that are made finer until nothing moves.

    Raises:
        ValueError: finer grids would not fit in memory.
    """
    schedule = even_in_log_snr(T, beta_1, alpha_bar_T)
    predict = predictor(name, schedule)
    points = points_for(schedule, predict)

    def on(finer: float) -> torch.Tensor:
        counts = [math.ceil(finer * count) for count in points]
        return exact_log_p(schedule, predict, X_0[:, None], reach=REACH, points=counts)

    finer, before, now = 1.0, on(COARSER), on(1.0)
    while float((now - before).abs().max()) > TOLERANCE:
        finer *= FINER
        before, now = now, on(finer)
    return now


def entropy(data: Mixture, schedule: Schedule | None = None, t: int = 0) -> float:
    """−∫ q(x_t) log q(x_t) dx_t in nats; t = 0 is the data's own."""
    log_q = data.density.log_prob(FINE)
    if schedule is not None and t > 0:
        log_q = data.exact_eps(schedule).log_q(FINE[:, None], t)
    return -float(torch.trapezoid(log_q.exp() * log_q, FINE))


class Gap(NamedTuple):
    """What −H − E[bound] is made of, in nats; each part is at least 0.

    Attributes:
        prior: KL(q(x_T) ‖ N(0, 1)), the start that the chain does not hit.
        decoder: E KL(q(x_0|x_1) ‖ p_θ(x_0|x_1)) with the best ε̂: one Gaussian of variance β_1 is not that posterior.
        steps: the same of all steps t ≥ 2: each is Gaussian and too wide by β_t − β̃_t.
        network: what ε_θ adds by not being E[ε | x_t].
    """

    prior: float
    decoder: float
    steps: float
    network: float

    @property
    def total(self) -> float:
        """−H − E[bound]."""
        return sum(self)


@remembered(256)
def gap(T: int, beta_1: float, alpha_bar_T: float, name: str) -> Gap:
    """The parts of E log q(x_{0:T})/p_θ(x_{0:T}) = KL(q(x_T)‖p) + Σ E KL(q(x_{t−1}|x_t) ‖ p_θ(x_{t−1}|x_t)).

    That is Sohl-Dickstein et al. (2015), appendix B, and Ho et al. (2020), appendix A, eq. 22. A step's part is
    L_{t−1} and the entropy of q(x_{t−1}|x_t,x_0), less the entropy of q(x_{t−1}|x_t), which is H(x_{t−1}) + H of the
    forward step − H(x_t); summed over the steps, the H(x_t) between x_1 and x_T cancel.
    """
    schedule = even_in_log_snr(T, beta_1, alpha_bar_T)
    best = bound(T, beta_1, alpha_bar_T, "exact")
    H_0, H_1, H_T = (entropy(DATA, schedule, t) for t in (0, 1, T))
    # −log of the ratio of a step's width to the posterior's, which their entropies differ by
    narrower = 0.5 * (schedule.beta_tildes[2:] / schedule.betas[2:]).log().sum()
    forward = 0.5 * math.log(2 * math.pi * math.e * beta_1)
    start = log_density(FINE, Gaussian(torch.zeros_like(FINE), torch.ones_like(FINE)))
    q_T = DATA.exact_eps(schedule).log_q(FINE[:, None], T).exp()
    return Gap(
        prior=-H_T - float(torch.trapezoid(q_T * start, FINE)),
        decoder=float(best.terms[0]) - (H_0 + forward - H_1),
        steps=float(best.terms[1:].sum() + narrower) - H_1 + H_T,
        network=bound(T, beta_1, alpha_bar_T, name).mean - best.mean,
    )
