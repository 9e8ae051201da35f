"""The audit of a diffusers scheduler: does each step lead to the timestep that is visited next?"""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..bridge.bounds import MAX_STEPS, check_cost
from ..bridge.scheduler_classes import DEFAULT_T, Unauditable, build, check_options, scheduler_class
from ..core import Schedule
from ..core.phrase import Phrase, Refusal
from .driving import timestep_values
from .noise_levels import NoiseLevels, table_noise_levels
from .probe import Blend, Probing, on_the_line
from .scheduler_trace import SchedulerTrace, trace
from .step_parity import Measured, parity


@dataclass(frozen=True)
class Transition:
    """One step in diffusers' own 0-based timesteps, fractional where the scheduler's are.

    Attributes:
        t: the visited timestep.
        used: the timestep whose noise level the step leads to, as measured; None for clean data.
        next: the timestep that is visited next; None after the last.
        output: log SNR of what the step leads to, as measured; None for clean data.
        error: largest |Δ| from the closed form that goes to `next` (the last one to `used`); None where none exists.
        error_to_used: the same from the closed form that goes to `used`.
    """

    t: float
    used: float | None
    next: float | None
    output: float | None = None
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
        on_table: whether the levels are those of the scheduler's training table at these timesteps.
    """

    class_name: str
    num_steps: int
    spacing: str | None = None
    timesteps: tuple[float, ...] = ()
    transitions: tuple[Transition, ...] = ()
    log_snr: tuple[float | None, ...] = ()
    process: str | None = None
    closed_form: str | None = None
    reason: Phrase | None = None
    notes: tuple[str, ...] = ()
    on_table: bool = False

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
    asked: Mapping[str, Sequence[float]] | None = None,
) -> Audit:
    """Where each step of a diffusers scheduler leads, against the timestep that it visits next.

    The scheduler's own step is called in float64 with an exact x_t and an exact network, and the noise level of
    what comes back is read off (see `probe` and `scheduler_trace`); `used` is the timestep that has this level. So
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
        asked: {"timesteps": …} or {"sigmas": …} that set_timesteps is told in the stead of S, where it takes them.

    Returns:
        Audit with transitions, or with a reason why there are none.

    Raises:
        ValueError: unknown class, option or spacing, options that the class refuses, or S out of range.
    """
    the_class = scheduler_class(scheduler) if isinstance(scheduler, str) else scheduler
    options = dict(options or {})
    check_options(the_class, options, spacing)
    if isinstance(num_steps, bool) or not isinstance(num_steps, int) or num_steps < 1:
        raise Refusal("steps must be a whole number from 1 on, got {got}; raise it", got=repr(num_steps))
    check_cost(the_class, options, min(num_steps, MAX_STEPS))
    blank, built = Audit(the_class.__name__, num_steps), None
    with Probing(), np.errstate(all="ignore"):
        try:
            built, notes = build(the_class, options, spacing, schedule)
            blank = replace(blank, spacing=_config(built).get("timestep_spacing"), notes=tuple(notes))
            T = _num_train_steps(built)
            if num_steps > T:
                raise Refusal(
                    "steps must be in [1, {T}] for {name}, got {got}; lower it",
                    T=T,
                    name=the_class.__name__,
                    got=num_steps,
                )
            taken = inspect.signature(built.set_timesteps).parameters if hasattr(built, "set_timesteps") else {}
            told = {kind: list(values) for kind, values in (asked or {}).items() if kind in taken}
            for kind in (asked or {}).keys() - told.keys():
                notes.append(
                    Phrase(
                        "{name} takes no {kind} in set_timesteps: its own steps are audited",
                        name=the_class.__name__,
                        kind=kind,
                    )
                )
            try:
                walked = trace(built, num_steps, told)
            except (Unauditable, ValueError):
                raise
            except Exception as error:  # options of the wrong kind fail wherever they are first used
                words = " ".join(str(error).split())[:160]
                raise Unauditable(
                    "with these options it fails: {kind}: {words}", kind=type(error).__name__, words=words
                ) from None
            blank = replace(blank, notes=tuple(notes))
        except Unauditable as why:
            set_for = getattr(built, "num_inference_steps", None)
            known = set_for == num_steps and getattr(built, "timesteps", None) is not None
            visited = timestep_values(built) if known else ()
            return replace(
                blank,
                timesteps=tuple(visited),
                reason=Phrase("{name} is not measured: {why}", name=the_class.__name__, why=why),
            )
    return judged(blank, walked)


def _config(scheduler: Any) -> Mapping[str, Any]:
    return getattr(scheduler, "config", {})


def _num_train_steps(scheduler: Any) -> int:
    """T of a scheduler; where it has none, a bound on how many steps are walked."""
    table = getattr(scheduler, "alphas_cumprod", None)
    return len(table) if isinstance(table, torch.Tensor) and table.ndim else DEFAULT_T


def judged(blank: Audit, walked: SchedulerTrace, closed_forms: bool = True) -> Audit:
    """The audit that a walk amounts to.

    Args:
        blank: what is known without it.
        walked: the walk.
        closed_forms: whether its steps are also compared with closed forms.
    """
    process, visits = walked.process, walked.visits
    timesteps, notes = [visit.t for visit in visits], [*blank.notes, *walked.notes]
    table = table_noise_levels(walked.alphas_cumprod, timesteps, [visit.input.log_snr for visit in visits])
    table = None if walked.behind else table
    noise_levels = table or NoiseLevels.of_visits(walked.timesteps, [blend.log_snr for blend in walked.inputs])
    levels = [table.log_snr(visit.t, visit.input.log_snr) if table else visit.input.log_snr for visit in visits]
    if not all(on_the_line(process, visit.output) for visit in visits):
        notes.append("its noise has not the variance that keeps q(x_s): the level is read from x_0's share")
    if table and min(timesteps) < 0:
        notes.append(Phrase("it visits t = {t}, which is no timestep", t=f"{min(timesteps):g}"))
    transitions, steps = [], []
    for i, visit in enumerate(visits):
        if visit.inner:
            continue
        # A step ends with the last call within its interval.
        end = i + 1
        while end < len(visits) and visits[end].inner:
            end += 1
        output = _log_snr(process, visits[end - 1].output)
        after = timesteps[end] if end < len(visits) else None
        wanted = levels[end] if after is not None else output
        # Where σ are not those of whole t, what x is next says what is meant, not the table at a rounded t.
        same = after is not None and (
            noise_levels.same(output, wanted) or noise_levels.same(output, visits[end].input.log_snr)
        )
        if same and after == visit.t:
            continue
        level = output if math.isfinite(output) else None
        transitions.append(Transition(visit.t, after if same else noise_levels.timestep(output), after, level))
        # Between the table's t, a scheduler interpolates as it likes: there its own level at the next t is exact.
        exact = wanted if after is None or isinstance(after, int) else visits[end].input.log_snr
        used = exact if same and noise_levels.level_index(output) == noise_levels.level_index(exact) else output
        steps.append(Measured(visit.input.log_snr, exact, used, visits[end - 1].output))
    if len(transitions) < len(visits):
        again = len(visits) - len(transitions)
        notes.append(
            Phrase(
                "{again} of its {num_visits} calls ask again within a step and are part of that step here",
                again=again,
                num_visits=len(visits),
            )
        )
    if table is None:
        notes.append("it has no table of ᾱ_t for these t: levels are compared with those at its own timesteps")
    found = parity(process, steps) if closed_forms else None
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
        on_table=table is not None,
    )


def _log_snr(process: str, output: Blend) -> float:
    """log SNR of what a step returned.

    Where a variance-preserving step adds noise of its own, it may be meant to have more or less of it than keeps
    q(x_s) (σ² = β): there x_0's share √ᾱ_s says which level it goes to.
    """
    if process != "variance preserving" or (on_the_line(process, output) and not output.of_z):
        return output.log_snr
    alpha_bar_s = output.of_x_0**2
    by_share = math.log(alpha_bar_s / (1.0 - alpha_bar_s)) if 0 < alpha_bar_s < 1 else math.inf
    # Near clean data 1 − ᾱ_s keeps few digits: where the two agree, the noise says it better.
    return output.log_snr if abs(by_share - output.log_snr) < 1e-6 else by_share
