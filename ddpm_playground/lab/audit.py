"""The audit of a diffusers scheduler: does each step lead to the timestep that is visited next?"""

import bisect
import copy
import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..core import Schedule, schedule_from_betas
from ..core.schedule import betas_from_alpha_bars
from .probe import (
    Blend,
    Probing,
    Visit,
    conventions,
    fed_blends,
    on_the_line,
    process_of,
    timestep_values,
    walk,
)
from .scheduler_classes import DEFAULT_T, Unauditable, build, check_options, scheduler_class
from .step_parity import Measured, parity


@dataclass(frozen=True)
class Transition:
    """One step in diffusers' own 0-based timesteps, fractional where the scheduler's are.

    Attributes:
        t: the visited timestep.
        used: the timestep whose noise level the step leads to, as measured; None for clean data.
        next: the timestep that is visited next; None after the last.
        error: largest |Δ| from the closed form that goes to `next` (the last one to `used`); None where none exists.
        error_to_used: the same from the closed form that goes to `used`.
    """

    t: float
    used: float | None
    next: float | None
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
        timesteps: each visited t, in order, repeated where the network is asked again.
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


@dataclass(frozen=True, eq=False)
class Ladder:
    """Timesteps by rising noise, from clean data (rung 0) on: where a noise level stands among them.

    Attributes:
        timesteps: of each rung, diffusers' own; that of rung 0 only serves to reckon between it and rung 1.
        sigmas: σ = 1/√SNR of each rung, not falling, 0 on rung 0.
    """

    timesteps: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def of_table(cls, schedule: Schedule) -> "Ladder":
        """All t of a schedule."""
        sigmas = torch.exp(-0.5 * schedule.log_snr).tolist()
        return cls(tuple(range(-1, schedule.T)), tuple(sigmas))

    @classmethod
    def of_visits(cls, timesteps: Sequence[float], blends: Sequence[Blend]) -> "Ladder":
        """The visited t alone."""
        rungs = sorted({(math.exp(-0.5 * blend.log_snr), t) for t, blend in zip(timesteps, blends, strict=True)})
        rungs = [rung for rung in rungs if rung[0] > 0]
        end = rungs[0][1] if rungs else 0.0
        return cls((end, *(t for _, t in rungs)), (0.0, *(sigma for sigma, _ in rungs)))

    def rung(self, log_snr: float) -> float:
        """Where a level stands, linearly in σ between rungs; whole when it is on one to a thousandth."""
        sigma, last = math.exp(min(-0.5 * log_snr, 700.0)), len(self.sigmas) - 1
        above = min(max(bisect.bisect_left(self.sigmas, sigma), 1), last)
        low, high = self.sigmas[above - 1], self.sigmas[above]
        part = (sigma - low) / (high - low) if high > low and math.isfinite(high) else float(sigma > low)
        rung = above - 1 + min(max(part, 0.0), 1.0)
        return round(rung) if abs(rung - round(rung)) < 1e-3 else rung

    def timestep(self, log_snr: float) -> float | None:
        """The timestep of a level; None for clean data."""
        rung = self.rung(log_snr)
        if log_snr == math.inf or rung == 0:
            return None
        low = math.floor(rung)
        if rung == low:
            return self.timesteps[low]
        return self.timesteps[low] + (rung - low) * (self.timesteps[low + 1] - self.timesteps[low])

    def same(self, landed: float, wanted: float) -> bool:
        """Whether two log SNR are the same timestep's: the same rung, or, between rungs, nearest to it."""
        if landed == wanted or abs(landed - wanted) < 1e-6:
            return True
        if math.inf in (landed, wanted):
            return False
        here, there = self.rung(landed), self.rung(wanted)
        # Beside 1/2 a little, since schedulers round in log σ.
        return here == there if here == int(here) and there == int(there) else abs(here - there) < 0.6


def audit(
    scheduler: str | type,
    num_steps: int,
    options: Mapping[str, Any] | None = None,
    spacing: str | None = None,
    schedule: Schedule | None = None,
) -> Audit:
    """Where each step of a diffusers scheduler leads, against the timestep that it visits next.

    The scheduler's own step is called in float64 with an exact x_t and an exact network, and the noise level of
    what comes back is read off (see `probe`); `used` is the timestep that has this level. So a wrong previous
    timestep shows whatever the class is and however it comes about. Levels are compared with ᾱ_t of the
    scheduler's training table where it has one, else with its own levels at the timesteps that it visits.

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
    blank = Audit(the_class.__name__, num_steps)
    with Probing(), np.errstate(all="ignore"):
        try:
            built, notes = build(the_class, options, spacing, schedule)
            blank = replace(blank, spacing=_config(built).get("timestep_spacing"), notes=tuple(notes))
            T = _num_train_steps(built)
            if num_steps > T:
                raise ValueError(f"steps must be in [1, {T}] for {the_class.__name__}, got {num_steps}; lower it")
            return _measured(blank, built)
        except Unauditable as why:
            return replace(blank, reason=f"{the_class.__name__} is not measured: {why}")


def _config(scheduler: Any) -> Mapping[str, Any]:
    return getattr(scheduler, "config", {})


def _num_train_steps(scheduler: Any) -> int:
    """T of a scheduler; where it has none, a bound on how many steps are walked."""
    table = getattr(scheduler, "alphas_cumprod", None)
    return len(table) if isinstance(table, torch.Tensor) and table.ndim else DEFAULT_T


def _measured(blank: Audit, scheduler: Any) -> Audit:
    """The audit of a scheduler that was built."""
    notes = [*blank.notes, *_set_timesteps(scheduler, blank.num_steps)]
    blends, note = fed_blends(scheduler)
    process = process_of(blends)
    notes += [note] if note else []
    rounded = [key for key, value in vars(scheduler).items() if _is_float32_table(value)]
    notes += [f"it keeps {', '.join(rounded)} in float32"] if rounded else []
    visits = _walked(scheduler, blends, process)
    timesteps = [visit.t for visit in visits]
    ladder = _table_ladder(scheduler, timesteps, blends)
    by_table = ladder is not None
    ladder = ladder or Ladder.of_visits(timestep_values(scheduler), blends)
    levels = [_level(ladder if by_table else None, visit) for visit in visits]
    if not all(on_the_line(process, visit.landed) for visit in visits):
        notes.append("its noise has not the variance that keeps q(x_s): the level is read from x_0's share")
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
        transitions.append(Transition(visit.t, after if same else ladder.timestep(landed), after))
        # Between the table's t, a scheduler interpolates as it likes: there its own level at the next t is exact.
        exact = wanted if after is None or isinstance(after, int) else visits[end].fed.log_snr
        used = exact if same and ladder.rung(landed) == ladder.rung(exact) else landed
        steps.append(Measured(visit.fed.log_snr, exact, used, visits[end - 1].landed))
    if len(transitions) < len(visits):
        again = len(visits) - len(transitions)
        notes.append(f"{again} of its {len(visits)} calls ask again within a step and are part of that step here")
    if not by_table:
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


# What set_timesteps is told where it has such an argument: RePaint goes back and forth, and Helios has a chain for
# each of several resolutions.
SET_TIMESTEPS = {"jump_n_sample": 1, "stage_index": 0}


def _set_timesteps(scheduler: Any, num_steps: int) -> list[str]:
    """Ask for S steps, give float64 to what was rounded to float32 by way of numpy, and note what else was told."""
    if not hasattr(scheduler, "set_timesteps"):
        raise Unauditable("it has no set_timesteps()")
    known = inspect.signature(scheduler.set_timesteps).parameters
    extra = {key: value for key, value in SET_TIMESTEPS.items() if key in known}
    try:
        scheduler.set_timesteps(num_steps, **extra)
    except Exception as error:
        told = f"set_timesteps({num_steps}) says {type(error).__name__}: {' '.join(str(error).split())}"
        raise Unauditable(told) from None
    timesteps = getattr(scheduler, "timesteps", None)
    if not isinstance(timesteps, torch.Tensor) or timesteps.ndim != 1 or not len(timesteps):
        raise Unauditable(f"set_timesteps({num_steps}) leaves no list of timesteps")
    sigmas = getattr(scheduler, "sigmas", None)
    if isinstance(sigmas, torch.Tensor) and sigmas.is_floating_point():
        scheduler.sigmas = _unrounded(sigmas.double(), getattr(scheduler, "alphas_cumprod", None))
    return [f"set_timesteps is told {key} = {value}" for key, value in extra.items()]


def _is_float32_table(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.ndim == 1 and value.dtype is torch.float32


def _unrounded(sigmas: torch.Tensor, alphas_cumprod: Any) -> torch.Tensor:
    """sigmas with those that are float32's rounding of the table's √((1 − ᾱ_t)/ᾱ_t) put back to it."""
    if not isinstance(alphas_cumprod, torch.Tensor):
        return sigmas
    table = ((1.0 - alphas_cumprod) / alphas_cumprod).sqrt().numpy()
    places = {value: i for i, value in enumerate(table.astype(np.float32).tolist())}
    exact = [float(table[places[value]]) if value in places else value for value in sigmas.tolist()]
    return torch.tensor(exact, dtype=torch.float64)


def _walked(scheduler: Any, blends: Sequence[Blend], process: str) -> list[Visit]:
    """The walk under the first convention for the network's output whose steps keep to the line."""
    tried = conventions(scheduler)
    for convention in tried:
        try:
            visits = walk(copy.deepcopy(scheduler), blends, convention)
        except Unauditable:
            raise
        except Exception as error:
            raise Unauditable(f"its step() says {type(error).__name__}: {' '.join(str(error).split())}") from None
        # A step that draws noise may have more or less of it than keeps q(x_s).
        if all(on_the_line(process, visit.landed) for visit in visits) or (
            len(tried) == 1 and all(visit.landed.of_z or on_the_line(process, visit.landed) for visit in visits)
        ):
            return visits
    t = timestep_values(scheduler)
    rises = "; its timesteps rise, so what it is handed at t may be meant for the one before" if t[0] < t[-1] else ""
    raise Unauditable(
        f"from an exact x_t and an exact network its step leads off the line of its {process} process, "
        f"so no timestep has the level that it returns{rises}"
    )


def _table_ladder(scheduler: Any, timesteps: Sequence[float], blends: Sequence[Blend]) -> Ladder | None:
    """The ladder of the scheduler's training table, where its x_t are of that table."""
    table = getattr(scheduler, "alphas_cumprod", None)
    if not isinstance(table, torch.Tensor) or table.ndim != 1 or len(table) < 2:
        return None
    alpha_bars = torch.cat([torch.ones(1, dtype=torch.float64), table.double()])
    if not bool(((alpha_bars[1:] <= alpha_bars[:-1]) & (alpha_bars[1:] >= 0)).all()):
        return None
    ladder = Ladder.of_table(schedule_from_betas(betas_from_alpha_bars(alpha_bars)))
    inside = [(t, b) for t, b in zip(timesteps, blends, strict=False) if 0 <= t <= len(table) - 1]
    # Half of them, since a scheduler may be wrong about some.
    near = sum(abs(ladder.rung(blend.log_snr) - (t + 1)) < 1 for t, blend in inside)
    return ladder if 2 * near > len(timesteps) else None


def _level(table: Ladder | None, visit: Visit) -> float:
    """log SNR at a visited t: the table's, else that of the x_t that the scheduler was fed."""
    if table is None or not 0 <= visit.t < len(table.sigmas) - 1:
        return visit.fed.log_snr
    low = math.floor(visit.t) + 1
    sigma = table.sigmas[low]
    if not isinstance(visit.t, int):
        sigma += (visit.t + 1 - low) * (table.sigmas[min(low + 1, len(table.sigmas) - 1)] - sigma)
    return -2.0 * math.log(sigma) if 0 < sigma < math.inf else math.copysign(math.inf, 1.0 - sigma)


def _log_snr(process: str, landed: Blend) -> float:
    """log SNR of what a step returned; where its noise is not what keeps q(x_s), that of x_0's share √ᾱ_s."""
    if on_the_line(process, landed) or process != "variance preserving":
        return landed.log_snr
    alpha_bar_s = landed.of_x_0**2
    return math.log(alpha_bar_s / (1.0 - alpha_bar_s)) if 0 < alpha_bar_s < 1 else math.inf
