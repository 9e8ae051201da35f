"""How a foreign scheduler is driven: told its timesteps, asked what x_t is at each, and stepped."""

import copy
import inspect
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..bridge.scheduler_classes import Unauditable
from ..core.phrase import Phrase
from .probe import EPS, X_0, Blend, blend_of

# What set_timesteps is told where it has such an argument: RePaint goes back and forth, and Helios has a chain for
# each of several resolutions.
SET_TIMESTEPS = {"jump_n_sample": 1, "stage_index": 0}
BASIC = ("model_output", "timestep", "sample")


class Refused(Unauditable):
    """A scheduler's own refusal of a number of steps, in its own words."""


def set_timesteps(scheduler: Any, num_steps: int, asked: Mapping[str, Any]) -> list[str]:
    """Ask a scheduler for S steps, and note what else it was told.

    Args:
        scheduler: built, without timesteps.
        num_steps: S; left out where `asked` lists timesteps or sigmas, as diffusers' pipelines do.
        asked: further arguments of its set_timesteps, such as mu, timesteps or sigmas.

    Raises:
        Refused: the scheduler refuses them.
        Unauditable: it has no timesteps.
    """
    if not hasattr(scheduler, "set_timesteps"):
        raise Unauditable("it has no set_timesteps()")
    known = inspect.signature(scheduler.set_timesteps).parameters
    extra = {key: value for key, value in SET_TIMESTEPS.items() if key in known}
    listed = bool({"timesteps", "sigmas"} & asked.keys())
    try:
        with np.errstate(all="ignore"):
            if listed and known["num_inference_steps"].default is inspect.Parameter.empty:
                scheduler.set_timesteps(num_steps, **extra, **asked)
            elif listed:
                scheduler.set_timesteps(**extra, **asked)
            else:
                scheduler.set_timesteps(num_steps, **extra, **asked)
    except ImportError as error:
        raise Unauditable(" ".join(str(error).split())) from None
    except Exception as error:
        raise Refused(
            "set_timesteps({num_steps}) says {kind}: {error}",
            num_steps=num_steps,
            kind=type(error).__name__,
            error=" ".join(str(error).split()),
        ) from None
    timesteps = getattr(scheduler, "timesteps", None)
    if not isinstance(timesteps, torch.Tensor) or timesteps.ndim != 1 or not len(timesteps):
        raise Unauditable("set_timesteps({num_steps}) leaves no list of timesteps", num_steps=num_steps)
    return [Phrase("set_timesteps is told {key} = {value}", key=key, value=value) for key, value in extra.items()]


def timestep_values(scheduler: Any) -> list[float]:
    """The scheduler's timesteps as it counts them; whole ones are ints."""
    values = [float(value) for value in scheduler.timesteps]
    return [int(value) if value.is_integer() else value for value in values]


def input_blends(scheduler: Any) -> tuple[list[Blend], str]:
    """x_t at each of the scheduler's timesteps by its own forward process, and a note where it has none.

    Its add_noise or scale_noise says it; where there is neither, ᾱ_t of alphas_cumprod, else its sigmas, else the
    α and β on the unit circle that it keeps for each timestep.

    Raises:
        Unauditable: none of these.
    """
    told = ""
    for name in ("add_noise", "scale_noise"):
        if hasattr(scheduler, name):
            try:
                return _noised(scheduler, name), ""
            except Exception as error:
                told = Phrase(
                    "its {name} fails: {kind}: {error}",
                    name=name,
                    kind=type(error).__name__,
                    error=" ".join(str(error).split()),
                )
    table, steps = getattr(scheduler, "alphas_cumprod", None), len(scheduler.timesteps)
    if isinstance(table, torch.Tensor) and not scheduler.timesteps.is_floating_point():
        outside = [float(t) for t in scheduler.timesteps if not -len(table) <= t < len(table)]
        if outside:
            raise Unauditable(
                "it visits the timestep {outside}, outside its table of {T}", outside=f"{outside[0]:g}", T=len(table)
            )
        levels = [float(table[t]) for t in scheduler.timesteps]
        return [Blend(math.sqrt(a), math.sqrt(1.0 - a)) for a in levels], "no add_noise: x_t is taken from ᾱ_t"
    sigmas = getattr(scheduler, "sigmas", None)
    if isinstance(sigmas, torch.Tensor) and sigmas.ndim == 1 and len(sigmas) >= steps:
        values = sigmas.tolist()[:steps]
        if max(values) <= 1.0 + 1e-6:
            return [Blend(1.0 - s, s) for s in values], "no add_noise: x_t is taken as (1 − σ) x_0 + σ ε"
        return [Blend(1.0, s) for s in values], "no add_noise: x_t is taken as x_0 + σ ε"
    signal, noise = getattr(scheduler, "alphas", None), getattr(scheduler, "betas", None)
    if isinstance(signal, torch.Tensor) and isinstance(noise, torch.Tensor) and signal.shape == noise.shape:
        circle = signal.double() ** 2 + noise.double() ** 2
        if signal.ndim == 1 and len(signal) >= steps and bool(((circle - 1).abs() < 1e-4).all()):
            pairs = zip(signal.double().tolist()[:steps], noise.double().tolist(), strict=False)
            return [Blend(a, b) for a, b in pairs], "no add_noise: x_t is taken as α x_0 + β ε of its own α and β"
    raise Unauditable(told or "it has none of add_noise, scale_noise, alphas_cumprod and sigmas that say what x_t is")


def _noised(scheduler: Any, name: str) -> list[Blend]:
    """The scheduler's own x_t at each of its timesteps."""
    taken, blends = inspect.signature(getattr(scheduler, name)).parameters, []
    for i, timestep in enumerate(scheduler.timesteps):
        there = scheduler
        if hasattr(scheduler, "set_begin_index"):
            there = copy.copy(scheduler)
            # Where several timesteps are equal, this says which one is meant.
            there.set_begin_index(i)
        t = timestep.reshape(1)
        named = {"original_samples": X_0, "sample": X_0, "noise": EPS, "timesteps": t, "timestep": t}
        given = {key: value for key, value in named.items() if key in taken}
        blends.append(blend_of(getattr(there, name)(**given)))
    return blends


class Stepping:
    """The calls of a scheduler's step, with whatever it asks for besides.

    Raises:
        Unauditable: it has no step.
    """

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        step, told = getattr(scheduler, "step", None), inspect.Parameter.empty
        if step is None:
            raise Unauditable("it has no step()")
        self._step = step
        parameters = inspect.signature(step).parameters
        variadic = {p.kind: key for key, p in parameters.items() if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        self._required = [key for key, p in parameters.items() if p.default is told and key not in variadic.values()]
        # A step of (*args, **kwargs) hands on what every step takes.
        self._taken = {*parameters, *(BASIC if inspect.Parameter.VAR_KEYWORD in variadic else ())}
        variance = inspect.signature(getattr(scheduler, "_get_variance", set_timesteps)).parameters
        kind = getattr(scheduler, "config", {}).get("variance_type")
        # Where the network gives the variance too, behind the mean: that of β̃ (Nichol & Dhariwal 2021, eq. 15).
        least = {"learned_range": -1.0, "learned": 0.0}.get(str(kind))
        self._variance = least if "predicted_variance" in variance else None

    def inner(self, i: int) -> bool:
        """Whether call i stands within an interval (Heun, DPM-Solver-2), so that x is what the last one returned."""
        return i > 0 and not getattr(self.scheduler, "state_in_first_order", True)

    def scaled(self, x: torch.Tensor, i: int) -> torch.Tensor:
        """What the network is shown of x at call i."""
        if hasattr(self.scheduler, "scale_model_input"):
            return self.scheduler.scale_model_input(x, self.scheduler.timesteps[i])
        return x

    def __call__(self, i: int, x: torch.Tensor, output: torch.Tensor, x_0: torch.Tensor | None = None) -> torch.Tensor:
        """What step makes of x at call i.

        Args:
            i: which call, from 0.
            x: as the scheduler scales it.
            output: the network's.
            x_0: what RePaint is to keep; the probe's where None.

        Raises:
            Unauditable: step wants what is not known here, or returns something else than an x.
        """
        timesteps = self.scheduler.timesteps
        if self._variance is not None:
            output = torch.cat([output, torch.full_like(output, self._variance)], 1)
        x_0 = X_0 if x_0 is None else x_0
        known = {
            "model_output": output,
            "timestep": timesteps[i],
            "sample": x,
            # What some steps ask for besides: CogVideoX's DPM-Solver++ the first two, RePaint, UnCLIP the last.
            "old_pred_original_sample": x_0 if i else None,
            "timestep_back": timesteps[i - 1] if i else None,
            "original_image": x_0,
            "mask": torch.zeros_like(x),
            "prev_timestep": timesteps[i + 1] if i + 1 < len(timesteps) else None,
        }
        unknown = [key for key in self._required if key not in known]
        if unknown:
            raise Unauditable("its step() also needs {unknown}", unknown=", ".join(unknown))
        given = {key: value for key, value in known.items() if key in self._taken}
        with np.errstate(all="ignore"):
            try:
                answer = self._step(**given)
            except IndexError:
                if timesteps[i].ndim:
                    raise
                # Some want t for each picture.
                answer = self._step(**given | {"timestep": timesteps[i].reshape(1)})
        out = getattr(answer, "prev_sample", None) if hasattr(answer, "prev_sample") else answer[0]
        if not isinstance(out, torch.Tensor) or out.shape != x.shape or not out.is_floating_point():
            raise Unauditable("its step() does not return an x of the shape of x_t: it works on other data")
        return out
