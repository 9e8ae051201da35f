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
from ..learn.algorithm_1 import quarter_of


def spread_ts(T: int, count: int) -> tuple[int, ...]:
    """1, and count − 1 different t from 2 to T about evenly in log t.

    Args:
        T: at least 3.
        count: 3…T.

    Raises:
        ValueError: a count that T does not hold.
    """
    if not 3 <= count <= T:
        raise ValueError(f"the number of t must be in [3, {T}], got {count}; change it")
    ts = [1, 2]
    for left in range(count - 2, 0, -1):
        wanted = round(ts[-1] * (T / ts[-1]) ** (1 / left))
        ts.append(min(max(ts[-1] + 1, wanted), T - left + 1))
    return tuple(ts)


def filled(ts: Sequence[int], values: torch.Tensor, T: int) -> torch.Tensor:
    """Values at t = 1…T from those at ts: straight lines in log t and log value; t = 1 stands for itself.

    Args:
        ts: 1, 2, …, T, rising.
        values: (…,len(ts)), not negative.
        T: the last t.

    Returns:
        (…,T), at ts what was given.
    """
    at = torch.tensor(ts, dtype=torch.float64)
    every = torch.arange(1, T + 1, dtype=torch.float64)
    right = torch.searchsorted(at, every).clamp(1, len(ts) - 1)
    left = right - 1
    share = (every.log() - at[left].log()) / (at[right].log() - at[left].log())
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
        rougher: the total from `every_second` of the visited t.
    """

    visited: tuple[BoundTerm, ...]
    ledger: Ledger
    quarters: torch.Tensor
    rougher: float


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

    ledger = ledger_of(visited)
    later = torch.cat([torch.zeros(1, dtype=torch.float64), ledger.vb[1:]])
    quarters = torch.zeros(4, dtype=torch.float64).index_add_(0, quarter_of(torch.arange(1, T + 1), T), later)
    rougher = ledger_of(every_second(visited))
    return Estimate(tuple(visited), ledger, quarters, rougher.total_bpd)


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
