"""The bound of real digits from some of the t: every term visited or filled in between, and a ledger that adds up."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from ..core import (
    BoundTerm,
    EpsPredictor,
    Ledger,
    Noise,
    Prediction,
    Schedule,
    bound_terms,
    prior_term,
)
from ..core.checks import whole_number
from ..learn.training.algorithm_1 import quarter_of

# How much the later t count: log t alone leaves the last two quarters of t with one visit each.
LATER = 6.0


def place(t: torch.Tensor, T: int) -> torch.Tensor:
    """log t + 6 t/T: where t lies on the axis that visits are spread along and filled in between; the shape of t."""
    at = t.to(torch.float64)
    return at.log() + LATER * at / T


def spread_ts(T: int, count: int) -> tuple[int, ...]:
    """1, and count − 1 different t from 2 to T about evenly in `place`.

    Args:
        T: at least 3.
        count: 3…T.

    Raises:
        ValueError: a count that T does not hold.
    """
    whole_number("the number of t", count, 3, T)
    places = place(torch.arange(1, T + 1), T)
    ts = [1, 2]
    for left in range(count - 2, 0, -1):
        here = places[ts[-1] - 1]
        wanted = int((places - (here + (places[-1] - here) / left)).abs().argmin()) + 1
        ts.append(min(max(ts[-1] + 1, wanted), T - left + 1))
    return tuple(ts)


def filled(ts: Sequence[int], values: torch.Tensor, T: int) -> torch.Tensor:
    """Values at t = 1…T from those at ts: straight lines in `place` and log value; t = 1 stands for itself.

    Args:
        ts: 1, 2, …, T, rising.
        values: (…,len(ts)), not negative.
        T: the last t.

    Returns:
        (…,T), at ts what was given.
    """
    visited = torch.tensor(ts)
    every = torch.arange(1, T + 1)
    right = torch.searchsorted(visited, every).clamp(1, len(ts) - 1)
    left = right - 1
    at, ends = place(every, T), place(visited, T)
    share = (at - ends[left]) / (ends[right] - ends[left])
    logs = values.clamp_min(torch.finfo(torch.float64).tiny).log()
    found = (logs[..., left] * (1 - share) + logs[..., right] * share).exp()
    found[..., [t - 1 for t in ts]] = values
    return found


class Estimate(NamedTuple):
    """The bound of N digits, estimated.

    Attributes:
        visited: the terms that were computed.
        ledger: every term; those of other t are filled in.
        quarters: mean of the sum of L_{t−1} over each quarter of t but for L_0, bits per dimension, (4,).
        quarter_errors: of these, (4,), as `error` is of the total.
        rougher: the total from `every_second` of the visited t.
    """

    visited: tuple[BoundTerm, ...]
    ledger: Ledger
    quarters: torch.Tensor
    quarter_errors: torch.Tensor
    rougher: float

    @property
    def error(self) -> float:
        """Of the total: how the images scatter, which is its standard error, and what the t left out may change."""
        return math.hypot(self.ledger.standard_error, self.rougher - self.ledger.total_bpd)

    @property
    def decoder_error(self) -> float:
        """Standard error of the mean L_0."""
        return float(self.ledger.terms[:, 0].std()) / math.sqrt(len(self.ledger.prior))


def estimate_of(schedule: Schedule, x_0: torch.Tensor, visited: Sequence[BoundTerm]) -> Estimate:
    """L_0 + Σ L_{t−1} + L_T with the sum over t by quadrature (Ho et al. 2020, eq. 5).

    Args:
        schedule: the noise schedule.
        x_0: (N,*D), float64.
        visited: terms at 1, 2, …, T, rising.
    """

    T = schedule.T

    def ledger_of(terms: Sequence[BoundTerm]) -> Ledger:
        ts = [term.t for term in terms]
        errors = (torch.stack([getattr(term, name).mean() for term in terms]) for name in ("eps_mse", "x_0_mse"))
        eps_mse, x_0_mse = (filled(ts, error, T) for error in errors)
        bits = torch.stack([term.bits_per_dim for term in terms], 1)
        prior = prior_term(schedule, x_0) / (x_0[:1].numel() * math.log(2))
        return Ledger(prior, filled(ts, bits, T), eps_mse, x_0_mse)

    def quarters_of(of: Ledger) -> torch.Tensor:
        """(N,4)."""
        later = of.terms.clone()
        later[:, 0] = 0.0
        quarter = quarter_of(torch.arange(1, T + 1), T)
        return torch.zeros(len(later), 4, dtype=later.dtype).index_add_(1, quarter, later)

    ledger, rougher = ledger_of(visited), ledger_of(every_second(visited))
    each, fewer = quarters_of(ledger), quarters_of(rougher)
    scatter = each.std(0) / math.sqrt(len(each))
    errors = torch.hypot(scatter, (fewer - each).mean(0))
    return Estimate(tuple(visited), ledger, each.mean(0), errors, rougher.total_bpd)


def every_second(visited: Sequence[BoundTerm]) -> list[BoundTerm]:
    """The terms with every second one left out, but for the first two and the last: how much the gaps matter."""
    return [*visited[:2], *visited[3:-1:2], visited[-1]]


class Remembered:
    """An ε-predictor that asks another one once for each t, so that σ_t² can change without asking again.

    Attributes:
        said: t → x_t and what was said of it; all images of one batch at one t.
    """

    def __init__(self, predict: EpsPredictor) -> None:
        self.predict, self.said = predict, dict[int, tuple[torch.Tensor, Prediction]]()

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """The first answer at t[0], whatever is asked later."""
        key = int(t[0])
        if key not in self.said:
            self.said[key] = x_t, self.predict(x_t, t, label)
        return self.said[key][1]


def estimated_bound(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    noise: Noise,
    ts: Sequence[int],
    label: torch.Tensor | None = None,
    w: float = 1.0,
) -> Estimate:
    """The bound of x_0 with only ts visited; with all of 1…T it is the bound itself.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_0: (N,*D), float64, pixels of 256 levels.
        noise: draws ε, once a t.
        ts: from `spread_ts`.
        label: classes, (N,), or None.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2; σ_1² = β_1.
    """
    return estimate_of(schedule, x_0, list(bound_terms(schedule, predict, x_0, noise, ts=ts, label=label, w=w)))
