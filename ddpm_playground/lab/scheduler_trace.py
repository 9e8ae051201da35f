"""A foreign scheduler's whole chain, walked with an exact x_t and an exact network at every call of its step."""

import copy
import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..bridge.scheduler_classes import Unauditable
from ..core.phrase import Phrase
from .conventions import Convention, Known, conventions
from .driving import Stepping, input_blends, set_timesteps, timestep_values
from .probe import EPS, X_0, Blend, blend_of, on_the_line, process_of, unit_noise


@dataclass(frozen=True)
class Visit:
    """One call of a scheduler's step: t as it counts, the x_t that went in, the x that came back.

    An inner call is one in the middle of an interval, of an x that only that call is for.
    """

    t: float
    input: Blend
    output: Blend
    inner: bool = False


@dataclass(frozen=True, eq=False)
class SchedulerTrace:
    """What the walk along a scheduler's chain found.

    Attributes:
        timesteps: all of the scheduler's timesteps, also one at which the chain ends.
        inputs: x_t at each of them by the scheduler's own forward process.
        process: a key of probe.PROCESSES.
        visits: each call of step.
        alphas_cumprod: the scheduler's training table, float64, (T,); None where it has none.
        notes: what a reader should know.
        convention: what the scheduler takes the network's output for.
        behind: whether what it is handed at t is x of the timestep before (inversion).
    """

    timesteps: tuple[float, ...]
    inputs: tuple[Blend, ...]
    process: str
    visits: tuple[Visit, ...]
    alphas_cumprod: torch.Tensor | None
    notes: tuple[str, ...]
    convention: Convention
    behind: bool = False


def trace(scheduler: Any, num_steps: int, asked: Mapping[str, Any] | None = None) -> SchedulerTrace:
    """Set the timesteps of a scheduler and walk its chain; within Probing.

    Args:
        scheduler: built.
        num_steps: S.
        asked: further arguments of its set_timesteps.

    Raises:
        Unauditable: why that cannot be done.
    """
    notes = set_timesteps(scheduler, num_steps, asked or {})
    return trace_as_set(scheduler, notes)


def trace_as_set(scheduler: Any, notes: Sequence[str] = ()) -> SchedulerTrace:
    """Walk the chain of a scheduler whose timesteps are set; within Probing.

    Args:
        scheduler: with its timesteps, before its first step.
        notes: what is known of it already.

    Raises:
        Unauditable: why that cannot be done.
    """
    _unround(scheduler)
    inputs, note = input_blends(scheduler)
    notes = [*notes, note] if note else [*notes]
    rounded = [key for key, value in vars(scheduler).items() if key != "timesteps" and _is_float32_table(value)]
    notes += [Phrase("it keeps {tables} in float32", tables=", ".join(rounded))] if rounded else []
    if "prev_timestep" in inspect.signature(getattr(scheduler, "step", trace)).parameters:
        notes.append("its step() is told where to go by its caller (prev_timestep); here, to the next timestep")
    process = process_of(inputs)
    visits, convention, behind = _walked(scheduler, inputs, process)
    if behind:
        notes.append("its timesteps rise, and what it is handed at t is x of the timestep before, as inversion does")
    table = getattr(scheduler, "alphas_cumprod", None)
    return SchedulerTrace(
        timesteps=tuple(timestep_values(scheduler)),
        inputs=tuple(inputs),
        process=process,
        visits=tuple(visits),
        alphas_cumprod=table if isinstance(table, torch.Tensor) else None,
        notes=tuple(notes),
        convention=convention,
        behind=behind,
    )


def _unround(scheduler: Any) -> None:
    """Give float64 to the sigmas that were rounded to float32 by way of numpy."""
    sigmas = getattr(scheduler, "sigmas", None)
    if isinstance(sigmas, torch.Tensor) and sigmas.is_floating_point():
        scheduler.sigmas = _unrounded(sigmas.double(), getattr(scheduler, "alphas_cumprod", None))


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


def _chain(scheduler: Any, inputs: Sequence[Blend], convention: Convention) -> list[Visit]:
    """The scheduler's whole chain, each call of step with an exact x_t and an exact network.

    x_t is made anew for each call, so an error of one step does not hide the next one's. Only where the scheduler
    says that it stands within an interval (Heun, DPM-Solver-2) is it handed back what it returned.

    Raises:
        Unauditable: step is missing, wants what is not known here, or returns what is not a number.
    """
    step, timesteps, x = Stepping(scheduler), timestep_values(scheduler), X_0
    visits: list[Visit] = []
    if getattr(scheduler, "noise_sampler", step) is None:
        # Else it makes a Brownian path of its own (torchsde).
        scheduler.noise_sampler = unit_noise
    for i, t in enumerate(timesteps):
        inner = step.inner(i)
        if not inner:
            x = inputs[i].of_x_0 * X_0 + inputs[i].of_eps * EPS
        level = blend_of(x)
        step.scaled(x, i)
        # All the noise that is in x is ε: also what the scheduler itself drew within a step.
        eps = (x - level.of_x_0 * X_0) / level.noise if level.noise > 0 else EPS
        try:
            x = step(i, x, convention(scheduler, i, Known(x, X_0, eps, level)))
        except IndexError:
            # The last of the timesteps is where the chain ends, not a visit (Wuerstchen).
            if i == len(timesteps) - 1 and i:
                break
            raise
        if not bool(torch.isfinite(x).all()):
            raise Unauditable(
                "its step at t = {t} returns what is not a number: ε says nothing about x_0 where ᾱ_t = 0, and a σ "
                "of 0 or ∞ divides by zero; choose another prediction_type or schedule",
                t=f"{float(t):g}",
            )
        visits.append(Visit(t, level, blend_of(x), inner))
    return visits


def _followed(scheduler: Any, blends: Sequence[Blend], process: str) -> tuple[list[Visit], Convention] | None:
    """The walk under the first convention for the network's output whose steps keep to the line."""
    tried = conventions(scheduler)
    for convention in tried:
        try:
            visits = _chain(copy.deepcopy(scheduler), blends, convention)
        except Unauditable:
            raise
        except Exception as error:
            raise Unauditable(
                "its step() says {kind}: {error}", kind=type(error).__name__, error=" ".join(str(error).split())
            ) from None
        # A step that draws noise may have more or less of it than keeps q(x_s).
        if all(on_the_line(process, visit.output) for visit in visits) or (
            len(tried) == 1 and all(visit.output.of_z or on_the_line(process, visit.output) for visit in visits)
        ):
            return visits, convention
    return None


def _walked(scheduler: Any, blends: Sequence[Blend], process: str) -> tuple[list[Visit], Convention, bool]:
    """The walk, and whether what the scheduler is handed at t is x of the timestep before, as in inversion."""
    found = _followed(scheduler, blends, process)
    if found:
        return *found, False
    t = timestep_values(scheduler)
    if t[0] < t[-1]:
        # Inversion begins at clean data, or at what the scheduler takes for it.
        clean = float(getattr(scheduler, "initial_alpha_cumprod", 1.0))
        found = _followed(scheduler, [Blend(math.sqrt(clean), math.sqrt(1.0 - clean)), *blends[:-1]], process)
        if found:
            return *found, True
    rises = "; its timesteps rise, so what it is handed at t may be meant for the one before" if t[0] < t[-1] else ""
    raise Unauditable(
        "from an exact x_t and an exact network its step leads off the line of its {process} process, so no timestep "
        "has the level that it returns{rises}",
        process=process,
        rises=rises,
    )
