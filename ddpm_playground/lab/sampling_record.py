"""What really runs: the scheduler that diffusers builds from a config, its timesteps and levels, and every step.

`record_of` builds it as diffusers does, tells it its timesteps as its pipeline would, and drives it twice: in float64
from an exact x_t at every step (`audit`), which says where each step leads; and in the float32 of users from noise to
data (`gaussian_run`), which says whether it raises, stays finite, and ends with the spread of the data. Whatever is
said about sampling is read from here; what could not be run says why, and nothing more.
"""

import copy
import functools
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..bridge.built import UNNAMED, Misbuilt, built, unwarned
from ..bridge.scheduler_classes import Unauditable
from ..core.phrase import Refusal
from .audit import Audit, judged
from .conventions import conventions
from .driving import Refused, input_blends, set_timesteps, timestep_values
from .dynamic_shift import USUAL_SIDE, picture_mu
from .gaussian_run import gaussian_run
from .measured import Asked, SamplingRecord
from .probe import Blend, Probing, process_of
from .scheduler_trace import SchedulerTrace, trace


def record_of(
    config: Mapping[str, Any],
    num_steps: int,
    *,
    timesteps: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
    sample_size: int | None = None,
    latent: bool = False,
) -> SamplingRecord:
    """How the scheduler that diffusers builds from a config samples in S steps.

    Args:
        config: keys of a scheduler_config.json; without a `_class_name` it is read as DDPMScheduler.
        num_steps: S, from 1 on; where timesteps or sigmas are listed, as many as these.
        timesteps: asked for by number, as a pipeline's `timesteps` argument; diffusers' own, 0-based.
        sigmas: the same of its `sigmas` argument; at most one of the two.
        sample_size: side of what the network works on, in pixels, or in latents of 8 pixels each.
        latent: whether it works on latents.

    Returns:
        The record; of equal arguments the same object.

    Raises:
        ValueError: timesteps and sigmas both.
    """
    if timesteps is not None and sigmas is not None:
        raise Refusal("got timesteps and sigmas both; give one of the two")
    side = None if sample_size is None else sample_size * 8 if latent else sample_size
    kind = "timesteps" if timesteps is not None else "sigmas" if sigmas is not None else ""
    values = tuple(timesteps if timesteps is not None else sigmas if sigmas is not None else ())
    shifts = bool(config.get("use_dynamic_shifting"))
    return _record(json.dumps(dict(config), default=str), num_steps, kind, values, side if shifts else None)


def trained_table(config: Mapping[str, Any]) -> torch.Tensor | None:
    """ᾱ_1…ᾱ_T of the scheduler that diffusers builds, (T,) float64; None where it has none or cannot be built."""
    try:
        with unwarned(), Probing():
            table = getattr(built(config), "alphas_cumprod", None)
    except (Unauditable, Misbuilt):
        return None
    return table if isinstance(table, torch.Tensor) and table.ndim == 1 else None


def _built(text: str, exact: bool) -> Any:
    """A scheduler of one's own; within Probing if exact."""
    return copy.deepcopy(_prototype(text, exact))


# Some take long to be made (KDPM2): once is enough for every number of steps.
@functools.lru_cache(maxsize=32)
def _prototype(text: str, exact: bool) -> Any:
    return built(json.loads(text))


# As many as one verdict and the trials of its fixes need.
@functools.lru_cache(maxsize=128)
def _record(text: str, num_steps: int, kind: str, values: tuple[float, ...], side: int | None) -> SamplingRecord:
    config = json.loads(text)
    blank = SamplingRecord(str(config.get("_class_name", UNNAMED)), num_steps)
    if values:
        blank = replace(blank, num_steps=len(values))
    try:
        with unwarned():
            return _measured(blank, text, kind, values, side)
    except Misbuilt as error:
        return replace(blank, refused=error.phrase)
    except Refused as error:
        # What the class refuses of its defaults too is no fault of the config (SCM takes 2 steps alone).
        own = not kind and _refuses(blank.class_name, blank.num_steps)
        return replace(blank, not_examined=error.phrase) if own else replace(blank, refused=error.phrase)
    except Unauditable as why:
        return replace(blank, not_examined=why.phrase)


def _measured(
    blank: SamplingRecord, text: str, kind: str, values: tuple[float, ...], side: int | None
) -> SamplingRecord:
    S, scheduler = blank.num_steps, _built(text, False)
    told: dict[str, Any] = {}
    config = json.loads(text)
    takes = options_of_set_timesteps(scheduler)
    if config.get("use_dynamic_shifting") and "mu" in takes:
        told["mu"] = picture_mu(config, side)
        blank = replace(blank, mu=told["mu"], mu_side=side or USUAL_SIDE)
    if kind and kind in takes:
        told[kind] = np.array(values) if kind == "sigmas" else list(values)
    elif not kind and "sigmas" in takes and (told or _one_sigma(scheduler)):
        # As the pipelines of such models do (Flux, Qwen, OmniGen): σ evenly from 1 to 1/S, before the shift.
        told["sigmas"] = np.linspace(1.0, 1.0 / S, S)
    notes = set_timesteps(scheduler, S, told)
    if kind:
        blank = replace(blank, asked=_asked(scheduler, kind, values, kind in takes))
    blank = replace(
        blank,
        timesteps=tuple(timestep_values(scheduler)),
        init_noise_sigma=float(getattr(scheduler, "init_noise_sigma", 1.0)),
        notes=tuple(notes),
    )
    walked, audit = _walked(blank, text, told)
    if walked is None and not _drives(blank.class_name):
        assert audit.reason is not None
        raise Unauditable(audit.reason)
    # Where float32 has other timesteps than float64, it has other levels too.
    if walked is not None and walked.timesteps == blank.timesteps:
        levels, process = list(walked.inputs), walked.process
    else:
        try:
            levels = input_blends(scheduler)[0]
            process = process_of(levels)
        except Unauditable as why:
            return _stopped(blank, scheduler, why)
    blank = replace(blank, log_snr=tuple(level.log_snr for level in levels), process=process)
    shorter = walked is not None and len(walked.visits) < len(walked.timesteps)
    run = gaussian_run(
        scheduler,
        levels,
        walked.convention if walked else conventions(scheduler)[0],
        calls=len(walked.visits) if walked and shorter else len(levels),
        rising=blank.rising,
        behind=bool(walked and walked.behind),
    )
    if walked is None:
        # What leads off the line of its process has no spread that would say anything.
        return replace(blank, run=replace(run, spread=None, spread_with_error=None))
    last = walked.visits[-1].output
    final = last.noise / abs(last.of_x_0) if last.of_x_0 else None
    return replace(blank, final_sigma=final, on_table=audit.on_table, audit=audit, run=run)


def _stopped(blank: SamplingRecord, scheduler: Any, why: Unauditable) -> SamplingRecord:
    """Where x_t is not known at each timestep (one lies outside the table): only whether the steps can be made."""
    nothing = [Blend(1.0, 1.0)] * len(blank.timesteps)
    run = gaussian_run(scheduler, nothing, conventions(scheduler)[0], calls=len(nothing), rising=False, behind=False)
    if run.failed or run.not_finite:
        return replace(blank, run=run)
    return replace(blank, not_examined=why.phrase)


def _one_sigma(scheduler: Any) -> bool:
    """Whether a scheduler was built with one σ alone (T = 1), so that its pipeline must say which σ to visit."""
    low, high = (vars(scheduler).get(key) for key in ("sigma_min", "sigma_max"))
    return low is not None and low == high


def options_of_set_timesteps(scheduler: Any) -> set[str]:
    """The names of what a scheduler's set_timesteps takes."""
    return set(inspect.signature(scheduler.set_timesteps).parameters) if hasattr(scheduler, "set_timesteps") else set()


def _walked(blank: SamplingRecord, text: str, told: Mapping[str, Any]) -> tuple[SchedulerTrace | None, Audit]:
    """The walk in float64 and the audit that it amounts to, or None and an audit with the reason."""
    empty = Audit(blank.class_name, blank.num_steps)
    with Probing(), np.errstate(all="ignore"):
        try:
            scheduler = _built(text, True)
            walked = trace(scheduler, blank.num_steps, told)
        except (Unauditable, Misbuilt) as why:
            return None, replace(empty, reason=why.phrase)
    spacing = getattr(scheduler, "config", {}).get("timestep_spacing")
    return walked, judged(replace(empty, spacing=spacing), walked, closed_forms=False)


@functools.cache
def _refuses(class_name: str, num_steps: int) -> bool:
    """Whether a class refuses so many steps with its defaults."""
    try:
        set_timesteps(built({"_class_name": class_name}), num_steps, {})
    except (Misbuilt, Refused):
        return True
    except Unauditable:
        return False
    return False


@functools.cache
def _drives(class_name: str) -> bool:
    """Whether a class can be walked here with its defaults: then a failure is not the class's kind."""
    blank = SamplingRecord(class_name, 4)
    try:
        return _walked(blank, json.dumps({"_class_name": class_name}), {})[0] is not None
    except Exception:  # whatever its arithmetic meets
        return False


def _asked(scheduler: Any, kind: str, values: tuple[float, ...], taken: bool) -> Asked:
    if not taken:
        return Asked(kind, values, "ignored")
    has = [float(value) for value in getattr(scheduler, kind)][: len(values)]
    same = len(has) == len(values) and all(
        abs(one - other) <= 1e-4 * max(abs(other), 1e-3) for one, other in zip(has, values, strict=True)
    )
    return Asked(kind, values, "used" if same else "changed")
