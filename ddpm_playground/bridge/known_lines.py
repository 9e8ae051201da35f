"""Whether each step of a scheduler of diffusers is a line that the papers have: found by taking the steps."""

from __future__ import annotations

from typing import NamedTuple

from ..core import SAMPLERS, Prediction, Sampling, Schedule, Step, line_4_factors
from ..core.gaussian import alpha_bar_between, eps_from_x_0, x_0_from_eps
from ..core.later import torch
from ..core.sampling import RuleNumbers
from .driven_sampler import DrivenSampler
from .driven_steps import REHEARSED
from .measured_steps import measured_steps

# Rules of core and their number, η or w, that a step is held against.
RULES = (("ddpm", 0.0), ("ddpm", 1.0), ("ddim", 0.0), ("ddim", 1.0))
# Of the largest term. Schedulers have ᾱ_t in float32, which loses so much of a step's β; a chain of another rule is
# off by more at some step.
TOLERANCE, LOST = 5e-5, 1.2e-7


class KnownLines(NamedTuple):
    """What a chain of a scheduler's is in the papers' words.

    Attributes:
        numbers: (t, s) → its row of coefficients; a step that is no such row is missing.
        eps_matches: whether ε̂ is made to agree with an x̂_0 that is clipped.
    """

    numbers: dict[tuple[int, int], RuleNumbers]
    eps_matches: bool = True


NONE = KnownLines({})


def known_lines(
    sampler: DrivenSampler, schedule: Schedule, sampling: Sampling, start_t: int | None = None
) -> KnownLines:
    """The rule of core that every step of this chain follows, from one chain on 64 random numbers in float64.

    A network that means another random picture at each step is asked; each x_s is held against of_x_0 x̂_0 + of_x_t x_t
    + of_eps ε̂ + σ z. The step to s = 0 may be another: some schedulers end at ᾱ_1. Of a chain of no such rule each
    step is measured for itself, see `measured_steps`.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(*_: object) -> torch.Tensor:
        return torch.randn(REHEARSED, generator=generator, dtype=torch.float64)

    def says(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        x_0 = 1.5 * draw()  # within ±1 and outside
        return Prediction(eps_from_x_0(schedule, x_t, t, x_0), x_0)

    try:
        steps = list(sampler.steps(schedule, says, draw(), draw, sampling, start_t=start_t))
    except ValueError:
        return NONE
    for name, number in RULES:
        for matches in (True, False):
            rows = _rows(steps, schedule, name, number, sampler.clips_at_1, matches)
            if len(rows) >= max(1, len(steps) - 1) and (steps[0].t, steps[0].s) in rows:
                return KnownLines(rows, matches)
    return KnownLines(measured_steps(steps))


def _rows(
    steps: list[Step], schedule: Schedule, name: str, number: float, clips: bool, matches: bool
) -> dict[tuple[int, int], RuleNumbers]:
    """Those steps that are of this rule, up to the first that is not; none where x̂_0 is not what ε̂ says it is."""
    rule, rows = SAMPLERS[name], {}
    for step in steps:
        t, s = step.t, step.s
        x_hat_0 = x_0_from_eps(schedule, step.x_t, t, step.eps_hat)
        x_hat_0 = x_hat_0.clamp(-1.0, 1.0) if clips else x_hat_0
        eps = eps_from_x_0(schedule, step.x_t, t, x_hat_0) if matches and clips else step.eps_hat
        c = rule(schedule, t, s, number)
        sigma = c.variance**0.5
        terms = [c.of_x_0 * x_hat_0, c.of_x_t * step.x_t, c.of_eps * eps]
        if sigma:
            if step.z is None:
                return rows
            terms.append(sigma * step.z)
        off = TOLERANCE + LOST / (1.0 - float(alpha_bar_between(schedule, t, s)))
        is_same = _is_close(off, x_hat_0, step.x_hat_0, step.x_t)
        if not (is_same and _is_close(off, sum(terms[1:], terms[0]), step.x_s, *terms)):
            return rows
        line_4 = line_4_factors(schedule, t, s) if rule.line_4 else None
        rows[t, s] = RuleNumbers((c.of_x_0, c.of_x_t, c.of_eps), sigma, line_4)
    return rows


def _is_close(off: float, a: torch.Tensor, b: torch.Tensor, *terms: torch.Tensor) -> bool:
    size = max(float(term.abs().max()) for term in (a, *terms))
    return float((a - b).abs().max()) <= off * size
