"""Steps of a scheduler as rows of coefficients, measured: what x_s is of x̂_0, x_t, ε̂, z and earlier ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..core import Step
from ..core.later import torch
from ..core.sampling import RuleNumbers

TOLERANCE = 1e-4  # of the largest term
ROUNDED = 5e-7  # of the largest term: schedulers compute in float32, a few operations a step
UNSURE = 1e-3  # of the largest coefficient; a row of which one is known less is not shown
MOST_EARLIER = 3  # as many as a solver of order 4 looks back

Rows = dict[tuple[int, int], RuleNumbers]


class _Terms(NamedTuple):
    """Whether ε̂ is a term, and which earlier x̂_0 or ε̂ are."""

    with_eps: bool
    earlier: list[torch.Tensor]
    of_eps: bool = False


def measured_steps(steps: Sequence[Step]) -> Rows:
    """(t, s) → the row of that step, of those steps that are one; each is measured for itself.

    x_s = a x̂_0 + b x_t + c ε̂ + σ z + e_1 x̂_0 of one step ago + e_2 …, by least squares over the pixels; the row with
    the fewest terms that holds to TOLERANCE. A solver that keeps ε̂ has a short row of earlier ε̂ instead: of the two,
    the chain is told in the one that more steps have, with fewer terms. x_s is x as the next step shows it. Each
    coefficient is rounded to what is known of it.

    Args:
        steps: a chain of a network whose x̂_0 is another random picture at each step, so that no two terms go together.
    """
    both = [_rows(steps, of_eps) for of_eps in (False, True)]
    return min(both, key=lambda rows: (-len(rows), sum(len(row.earlier) for row in rows.values())))


def _rows(steps: Sequence[Step], of_eps: bool) -> Rows:
    """The rows with earlier x̂_0, or earlier ε̂."""
    rows = {}
    for k, step in enumerate(steps):
        x_s = steps[k + 1].x_t if k + 1 < len(steps) else step.x_s
        row = next(filter(None, (_row(step, x_s, terms) for terms in _terms(steps[: k + 1], of_eps))), None)
        if row is not None:
            rows[step.t, step.s] = row
    return rows


def _terms(steps: Sequence[Step], of_eps: bool) -> Iterator[_Terms]:
    """What x_s may be made of, the fewest first."""
    yield _Terms(False, [])
    yield _Terms(True, [])
    earlier = [step.eps_hat if of_eps else step.x_hat_0 for step in steps[-2 : -2 - MOST_EARLIER : -1]]
    for count in range(1, len(earlier) + 1):
        yield _Terms(False, earlier[:count], of_eps)


def _row(step: Step, x_s: torch.Tensor, of: _Terms) -> RuleNumbers | None:
    """The row of these terms; None where x_s is none of them, or does not tell one from another."""
    terms = [step.x_hat_0, step.x_t, *([step.eps_hat] if of.with_eps else []), *of.earlier]
    terms += [] if step.z is None else [step.z]
    columns = torch.stack([term.detach().double().cpu().reshape(-1) for term in terms], 1)
    y = x_s.detach().double().cpu().reshape(-1)
    if not bool(torch.isfinite(columns).all() and torch.isfinite(y).all()):
        return None
    q, r = torch.linalg.qr(columns)
    if float(r.diagonal().abs().min()) <= 1e-9 * float(r.diagonal().abs().max()):
        return None
    inverse = torch.linalg.inv(r)
    found = inverse @ (q.T @ y)
    size = max(float((columns * found).abs().max()), float(y.abs().max()))
    off = y - columns @ found
    if float(off.abs().max()) > TOLERANCE * size:
        return None
    spread = max(float(off.square().mean().sqrt()), ROUNDED * size)
    unsure = (spread * inverse.norm(dim=1)).tolist()
    if max(unsure) > UNSURE * float(found.abs().max()):
        return None
    values = [_known(value, error) for value, error in zip(found.tolist(), unsure, strict=True)]
    sigma = 0.0 if step.z is None else abs(values.pop())  # z is as likely as −z
    of_eps = values.pop(2) if of.with_eps else 0.0
    return RuleNumbers((values[0], values[1], of_eps), sigma, None, tuple(values[2:]), of.of_eps, True)


def _known(value: float, error: float) -> float:
    """The value to the decimals that are known of it."""
    return round(value, max(0, math.floor(-math.log10(2 * error)))) + 0.0
