"""A foreign scheduler's whole chain, walked with an exact x_t and an exact network at every call of its step."""

import copy
import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .conventions import Convention, conventions
from .probe import EPS, SHAPE, X_0, Blend, blend_of, on_the_line, process_of, unit_noise
from .scheduler_classes import Unauditable


@dataclass(frozen=True)
class Visit:
    """One call of a scheduler's step: t as it counts, the x_t that went in, the x that came back.

    An inner call is one in the middle of an interval, of an x that only that call is for.
    """

    t: float
    fed: Blend
    landed: Blend
    inner: bool = False


@dataclass(frozen=True, eq=False)
class Walk:
    """What a walk found.

    Attributes:
        timesteps: all of the scheduler's timesteps, also one at which the chain ends.
        fed: x_t at each of them by the scheduler's own forward process.
        process: a key of probe.PROCESSES.
        visits: each call of step.
        alphas_cumprod: the scheduler's training table, float64, (T,); None where it has none.
        notes: what a reader should know.
    """

    timesteps: tuple[float, ...]
    fed: tuple[Blend, ...]
    process: str
    visits: tuple[Visit, ...]
    alphas_cumprod: torch.Tensor | None
    notes: tuple[str, ...]


def walk(scheduler: Any, num_steps: int) -> Walk:
    """Set the timesteps of a scheduler and walk its chain; within Probing.

    Raises:
        Unauditable: why that cannot be done.
    """
    notes = _set_timesteps(scheduler, num_steps)
    fed, note = _fed_blends(scheduler)
    notes += [note] if note else []
    rounded = [key for key, value in vars(scheduler).items() if key != "timesteps" and _is_float32_table(value)]
    notes += [f"it keeps {', '.join(rounded)} in float32"] if rounded else []
    if "prev_timestep" in inspect.signature(getattr(scheduler, "step", walk)).parameters:
        notes.append("its step() is told where to go by its caller (prev_timestep); here, to the next timestep")
    process = process_of(fed)
    visits = _walked(scheduler, fed, process)
    table = getattr(scheduler, "alphas_cumprod", None)
    return Walk(
        timesteps=tuple(timestep_values(scheduler)),
        fed=tuple(fed),
        process=process,
        visits=tuple(visits),
        alphas_cumprod=table if isinstance(table, torch.Tensor) else None,
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


def timestep_values(scheduler: Any) -> list[float]:
    """The scheduler's timesteps as it counts them; whole ones are ints."""
    values = [float(value) for value in scheduler.timesteps]
    return [int(value) if value.is_integer() else value for value in values]


def _fed_blends(scheduler: Any) -> tuple[list[Blend], str]:
    """x_t at each of the scheduler's timesteps by its own forward process, and a note where it has none.

    Its add_noise or scale_noise says it; where there is neither, ᾱ_t of alphas_cumprod, else its sigmas.

    Raises:
        Unauditable: none of these.
    """
    told = ""
    for name in ("add_noise", "scale_noise"):
        if hasattr(scheduler, name):
            try:
                return [_noised(scheduler, name, i) for i in range(len(scheduler.timesteps))], ""
            except Exception as error:
                told = f"its {name} fails: {type(error).__name__}: {' '.join(str(error).split())}"
    table = getattr(scheduler, "alphas_cumprod", None)
    if isinstance(table, torch.Tensor) and not scheduler.timesteps.is_floating_point():
        outside = [float(t) for t in scheduler.timesteps if not -len(table) <= t < len(table)]
        if outside:
            raise Unauditable(f"it visits the timestep {outside[0]:g}, outside its table of {len(table)}")
        levels = [float(table[t]) for t in scheduler.timesteps]
        return [Blend(math.sqrt(a), math.sqrt(1.0 - a)) for a in levels], "no add_noise: x_t is taken from ᾱ_t"
    sigmas = getattr(scheduler, "sigmas", None)
    if isinstance(sigmas, torch.Tensor) and sigmas.ndim == 1 and len(sigmas) >= len(scheduler.timesteps):
        values = sigmas.tolist()[: len(scheduler.timesteps)]
        if max(values) <= 1.0 + 1e-6:
            return [Blend(1.0 - s, s) for s in values], "no add_noise: x_t is taken as (1 − σ) x_0 + σ ε"
        return [Blend(1.0, s) for s in values], "no add_noise: x_t is taken as x_0 + σ ε"
    raise Unauditable(told or "it has none of add_noise, scale_noise, alphas_cumprod and sigmas that say what x_t is")


def _noised(scheduler: Any, name: str, i: int) -> Blend:
    """The scheduler's own x_t at its i-th timestep."""
    if hasattr(scheduler, "set_begin_index"):
        scheduler = copy.copy(scheduler)
        # Where several timesteps are equal, this says which one is meant.
        scheduler.set_begin_index(i)
    t = scheduler.timesteps[i].reshape(1)
    named = {"original_samples": X_0, "sample": X_0, "noise": EPS, "timesteps": t, "timestep": t}
    noise = getattr(scheduler, name)
    given = {key: value for key, value in named.items() if key in inspect.signature(noise).parameters}
    return blend_of(noise(**given))


BASIC = ("model_output", "timestep", "sample")


def _chain(scheduler: Any, fed: Sequence[Blend], convention: Convention) -> list[Visit]:
    """The scheduler's whole chain, each call of step with an exact x_t and an exact network.

    x_t is made anew for each call, so an error of one step does not hide the next one's. Only where the scheduler
    says that it stands within an interval (Heun, DPM-Solver-2) is it handed back what it returned.

    Raises:
        Unauditable: step is missing, wants what is not known here, fails, or returns what is not a number.
    """
    step, told = getattr(scheduler, "step", None), inspect.Parameter.empty
    if step is None:
        raise Unauditable("it has no step()")
    parameters = inspect.signature(step).parameters
    variadic = {p.kind: key for key, p in parameters.items() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    required = [key for key, p in parameters.items() if p.default is told and key not in variadic.values()]
    # A step of (*args, **kwargs) hands on what every step takes.
    taken = {*parameters, *(BASIC if inspect.Parameter.VAR_KEYWORD in variadic else ())}
    timesteps, values, x = scheduler.timesteps, timestep_values(scheduler), X_0
    visits: list[Visit] = []
    if getattr(scheduler, "noise_sampler", step) is None:
        # Else it makes a Brownian path of its own (torchsde).
        scheduler.noise_sampler = unit_noise
    for i, t in enumerate(timesteps):
        inner = i > 0 and not getattr(scheduler, "state_in_first_order", True)
        if not inner:
            x = fed[i].of_x_0 * X_0 + fed[i].of_eps * EPS
        x_t = blend_of(x)
        if hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input(x, t)
        known = {
            "model_output": convention(scheduler, i, x, x_t),
            "timestep": t,
            "sample": x,
            # What some steps ask for besides: CogVideoX's DPM-Solver++ the first two, RePaint, UnCLIP the last.
            "old_pred_original_sample": X_0 if i else None,
            "timestep_back": timesteps[i - 1] if i else None,
            "original_image": X_0,
            "mask": torch.zeros(SHAPE, dtype=torch.float64),
            "prev_timestep": timesteps[i + 1] if i + 1 < len(timesteps) else None,
        }
        unknown = [key for key in required if key not in known]
        if unknown:
            raise Unauditable(f"its step() also needs {', '.join(unknown)}")
        try:
            x = _stepped(step, {key: value for key, value in known.items() if key in taken})
        except IndexError:
            # The last of the timesteps is where the chain ends, not a visit (Wuerstchen).
            if i == len(timesteps) - 1 and i:
                break
            raise
        if not isinstance(x, torch.Tensor) or x.shape != X_0.shape or not x.is_floating_point():
            raise Unauditable("its step() does not return an x of the shape of x_t: it works on other data")
        if not bool(torch.isfinite(x).all()):
            raise Unauditable(
                f"its step at t = {float(t):g} returns what is not a number: ε says nothing about x_0 where ᾱ_t = 0, "
                "and a σ of 0 or ∞ divides by zero; choose another prediction_type or schedule"
            )
        visits.append(Visit(values[i], x_t, blend_of(x), inner))
    return visits


def _stepped(step: Any, arguments: dict[str, Any]) -> Any:
    """x_s of one step."""
    with np.errstate(all="ignore"):
        try:
            answer = step(**arguments)
        except IndexError:
            # Some want t for each picture.
            answer = step(**arguments | {"timestep": arguments["timestep"].reshape(1)})
    return getattr(answer, "prev_sample", None) if hasattr(answer, "prev_sample") else answer[0]


def _walked(scheduler: Any, blends: Sequence[Blend], process: str) -> list[Visit]:
    """The walk under the first convention for the network's output whose steps keep to the line."""
    tried = conventions(scheduler)
    for convention in tried:
        try:
            visits = _chain(copy.deepcopy(scheduler), blends, convention)
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
