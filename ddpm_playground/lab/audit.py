"""The audit of a diffusers scheduler: does each step lead to the timestep that is visited next?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..core import Schedule
from .ladder import Ladder, table_ladder
from .probe import Blend, Probing, on_the_line
from .scheduler_classes import DEFAULT_T, Unauditable, build, check_options, scheduler_class
from .scheduler_walk import Walk, timestep_values, walk
from .step_parity import Measured, parity


@dataclass(frozen=True)
class Transition:
    """One step in diffusers' own 0-based timesteps, fractional where the scheduler's are.

    Attributes:
        t: the visited timestep.
        used: the timestep whose noise level the step leads to, as measured; None for clean data.
        next: the timestep that is visited next; None after the last.
        landed: log SNR of what the step leads to, as measured; None for clean data.
        error: largest |Δ| from the closed form that goes to `next` (the last one to `used`); None where none exists.
        error_to_used: the same from the closed form that goes to `used`.
    """

    t: float
    used: float | None
    next: float | None
    landed: float | None = None
    error: float | None = None
    error_to_used: float | None = None

    @property
    def mismatch(self) -> bool:
        """Whether the step leads elsewhere than to the next visited timestep; never on the last."""
        return self.next is not None and self.used != self.next


@dataclass(frozen=True)
class Audit:
    """What was found about one scheduler.

    Attributes:
        class_name: the scheduler's class.
        num_steps: what set_timesteps was asked for.
        spacing: the timestep_spacing in force; None where the class has none.
        timesteps: each visited t, in order, repeated where the network is asked again; known without a table too.
        transitions: each step from one visited t to the next.
        log_snr: log SNR in nats at each of `timesteps`, None where infinite: the path through (t, log SNR).
        process: how x_t is made; a key of probe.PROCESSES.
        closed_form: the closed form that the steps follow; None where none is known.
        reason: why there is no table; None where there is one.
        notes: what a reader should know of how it was measured.
    """

    class_name: str
    num_steps: int
    spacing: str | None = None
    timesteps: tuple[float, ...] = ()
    transitions: tuple[Transition, ...] = ()
    log_snr: tuple[float | None, ...] = ()
    process: str | None = None
    closed_form: str | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def mismatches(self) -> int:
        """How many steps lead elsewhere than to the next visited timestep, the last one not counted."""
        return sum(transition.mismatch for transition in self.transitions)

    @property
    def worst(self) -> Transition | None:
        """The transition with the largest |Δ| from the closed form to the next t."""
        with_error = [t for t in self.transitions if t.error is not None]
        return max(with_error, key=_error_of) if with_error else None

    @property
    def max_abs_error_to_used(self) -> float | None:
        """Largest |Δ| from the closed form that goes where the step goes: its rounding."""
        return max((t.error_to_used for t in self.transitions if t.error_to_used is not None), default=None)

    def as_json(self) -> dict[str, Any]:
        """The audit in JSON's types, without NaN or Infinity."""
        worst = self.worst
        return {
            "class": self.class_name,
            "steps": self.num_steps,
            "spacing": self.spacing,
            "timesteps": list(self.timesteps),
            "transitions": [{"t": t.t, "used": t.used, "next": t.next} for t in self.transitions],
            "mismatches": self.mismatches,
            "max_abs_error": worst.error if worst else None,
            "max_abs_error_at": worst.t if worst else None,
            "max_abs_error_to_used": self.max_abs_error_to_used,
            "closed_form": self.closed_form,
            "process": self.process,
            "log_snr": list(self.log_snr),
            "reason": self.reason,
            "notes": list(self.notes),
        }


def _error_of(transition: Transition) -> float:
    return transition.error or 0.0


def audit(
    scheduler: str | type,
    num_steps: int,
    options: Mapping[str, Any] | None = None,
    spacing: str | None = None,
    schedule: Schedule | None = None,
) -> Audit:
    """Where each step of a diffusers scheduler leads, against the timestep that it visits next.

    The scheduler's own step is called in float64 with an exact x_t and an exact network, and the noise level of
    what comes back is read off (see `probe` and `scheduler_walk`); `used` is the timestep that has this level. So
    a wrong previous timestep shows whatever the class is and however it comes about. Levels are compared with ᾱ_t
    of the scheduler's training table where it has one, else with its own levels at the timesteps that it visits.

    The closed form that each step is compared with goes to the *next visited* t (what should happen); its
    distance from the closed form that goes to the used t is kept beside it, and is rounding alone. Both are of
    x_s scaled to √ᾱ_s x_0 + √(1 − ᾱ_s) ε, for x_0 and ε of 1. A network that is exact makes every solver, of
    whatever order, follow the same straight line, so multistep solvers have a closed form here too.

    Args:
        scheduler: the name of a scheduler class of diffusers, or a class.
        num_steps: S, what its set_timesteps is asked for; in [1, T].
        options: its constructor's arguments.
        spacing: a key of core.SPACINGS, or None for the class's own.
        schedule: the noise schedule, for classes that take trained_betas; None for the class's own.

    Returns:
        Audit with transitions, or with a reason why there are none.

    Raises:
        ValueError: unknown class, option or spacing, options that the class refuses, or S out of range.
    """
    the_class = scheduler_class(scheduler) if isinstance(scheduler, str) else scheduler
    options = dict(options or {})
    check_options(the_class, options, spacing)
    if isinstance(num_steps, bool) or not isinstance(num_steps, int) or num_steps < 1:
        raise ValueError(f"steps must be a whole number from 1 on, got {num_steps!r}; raise it")
    blank, built = Audit(the_class.__name__, num_steps), None
    with Probing(), np.errstate(all="ignore"):
        try:
            built, notes = build(the_class, options, spacing, schedule)
            blank = replace(blank, spacing=_config(built).get("timestep_spacing"), notes=tuple(notes))
            T = _num_train_steps(built)
            if num_steps > T:
                raise ValueError(f"steps must be in [1, {T}] for {the_class.__name__}, got {num_steps}; lower it")
            walked = walk(built, num_steps)
        except Unauditable as why:
            visited = timestep_values(built) if getattr(built, "num_inference_steps", None) == num_steps else ()
            return replace(blank, timesteps=tuple(visited), reason=f"{the_class.__name__} is not measured: {why}")
    return _judged(blank, walked)


def _config(scheduler: Any) -> Mapping[str, Any]:
    return getattr(scheduler, "config", {})


def _num_train_steps(scheduler: Any) -> int:
    """T of a scheduler; where it has none, a bound on how many steps are walked."""
    table = getattr(scheduler, "alphas_cumprod", None)
    return len(table) if isinstance(table, torch.Tensor) and table.ndim else DEFAULT_T


def _judged(blank: Audit, walked: Walk) -> Audit:
    """The audit that a walk amounts to."""
    process, visits = walked.process, walked.visits
    timesteps, notes = [visit.t for visit in visits], [*blank.notes, *walked.notes]
    table = table_ladder(walked.alphas_cumprod, timesteps, [visit.fed.log_snr for visit in visits])
    ladder = table or Ladder.of_visits(walked.timesteps, [blend.log_snr for blend in walked.fed])
    levels = [table.log_snr(visit.t, visit.fed.log_snr) if table else visit.fed.log_snr for visit in visits]
    if not all(on_the_line(process, visit.landed) for visit in visits):
        notes.append("its noise has not the variance that keeps q(x_s): the level is read from x_0's share")
    if table and min(timesteps) < 0:
        notes.append(f"it visits t = {min(timesteps):g}, which is no timestep")
    transitions, steps = [], []
    for i, visit in enumerate(visits):
        if visit.inner:
            continue
        # A step ends with the last call within its interval.
        end = i + 1
        while end < len(visits) and visits[end].inner:
            end += 1
        landed = _log_snr(process, visits[end - 1].landed)
        after = timesteps[end] if end < len(visits) else None
        wanted = levels[end] if after is not None else landed
        same = after is not None and ladder.same(landed, wanted)
        if same and after == visit.t:
            continue
        level = landed if math.isfinite(landed) else None
        transitions.append(Transition(visit.t, after if same else ladder.timestep(landed), after, level))
        # Between the table's t, a scheduler interpolates as it likes: there its own level at the next t is exact.
        exact = wanted if after is None or isinstance(after, int) else visits[end].fed.log_snr
        used = exact if same and ladder.rung(landed) == ladder.rung(exact) else landed
        steps.append(Measured(visit.fed.log_snr, exact, used, visits[end - 1].landed))
    if len(transitions) < len(visits):
        again = len(visits) - len(transitions)
        notes.append(f"{again} of its {len(visits)} calls ask again within a step and are part of that step here")
    if table is None:
        notes.append("it has no table of ᾱ_t for these t: levels are compared with those at its own timesteps")
    found = parity(process, steps)
    if found:
        pairs = zip(transitions, found.to_next, found.to_used, strict=True)
        transitions = [replace(t, error=error, error_to_used=rounding) for t, error, rounding in pairs]
    return replace(
        blank,
        timesteps=tuple(timesteps),
        transitions=tuple(transitions),
        log_snr=tuple(level if math.isfinite(level) else None for level in levels),
        process=process,
        closed_form=found.closed_form if found else None,
        notes=tuple(notes),
    )


def _log_snr(process: str, landed: Blend) -> float:
    """log SNR of what a step returned; where its noise is not what keeps q(x_s), that of x_0's share √ᾱ_s."""
    if on_the_line(process, landed) or process != "variance preserving":
        return landed.log_snr
    alpha_bar_s = landed.of_x_0**2
    return math.log(alpha_bar_s / (1.0 - alpha_bar_s)) if 0 < alpha_bar_s < 1 else math.inf
