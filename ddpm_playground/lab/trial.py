"""A trial: a scheduler of diffusers, as its config has it, drives a trained network, so that faults can be seen."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..bridge.built import Misbuilt, built, class_of
from ..bridge.scheduler_classes import Unauditable, options_of
from ..core import EpsPredictor, Schedule, clip, same_noise_t, stream_seed
from ..core.phrase import Refusal
from .conventions import Convention, Known, conventions
from .driving import Stepping, input_blends, set_timesteps
from .dynamic_shift import picture_mu
from .gaussian_run import Draws
from .probe import Blend, Probing
from .sampling_record import options_of_set_timesteps
from .scheduler_trace import trace
from .trained_otherwise import TrainedTime

FALLBACK = "DDIMScheduler"
# Steps enough to see what a class takes the network's output for.
FEW_STEPS = 4


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of it.

    Attributes:
        x_0: the pictures, (B,C,H,W); NaN where the scheduler's arithmetic ended so.
        class_name: the scheduler that ran.
        asked: the network's t at each step.
        visited: the scheduler's own timesteps, 0-based.
        finite: whether every number stayed one.
    """

    x_0: torch.Tensor
    class_name: str
    asked: tuple[int, ...]
    visited: tuple[float, ...]
    finite: bool


def trial(
    predict: EpsPredictor,
    own: Schedule,
    schedule: Schedule,
    config: Mapping[str, Any],
    x_T: torch.Tensor,
    num_steps: int,
    *,
    label: torch.Tensor | None = None,
    seed: int = 0,
    trained: TrainedTime | None = None,
    prediction_type: str = "epsilon",
    told: Callable[[], object] = lambda: None,
) -> Trial:
    """Pictures from a network under another schedule, by the scheduler's own code, faults and all.

    At each step the network is asked at its own t of the same SNR, since it knows noise by its level, and of x_t scaled
    to unit variance; what it says becomes whatever the scheduler takes a network's output for.

    Args:
        predict: an ε-predictor that was trained on `own`.
        own: its schedule.
        schedule: the one to try; its β_t must be in [0, 1].
        config: keys of a scheduler config; empty for DDIM, trailing.
        x_T: noise of variance 1, (B,C,H,W).
        num_steps: S in [1, T].
        label: class of each picture, or None.
        seed: of the scheduler's own draws.
        trained: what t means to the network, where it is to be asked as if it had been trained so; None to ask it at
            the right t.
        prediction_type: what DDIM takes a network's output for where the config is empty.
        told: called after each step.

    Raises:
        ValueError: a scheduler that cannot be built, cannot run with such a network, or leads from data to noise.
    """
    scheduler, convention, levels = _ready(schedule, config or _ddim(prediction_type), num_steps)
    name, step = type(scheduler).__name__, Stepping(scheduler)
    generator = torch.Generator().manual_seed(stream_seed(seed, "trial"))
    if getattr(scheduler, "noise_sampler", step) is None:
        scheduler.noise_sampler = lambda *sigmas: torch.randn(x_T.shape, generator=generator)
    x, asked = x_T * float(getattr(scheduler, "init_noise_sigma", 1.0)), []
    visited = tuple(float(timestep) for timestep in scheduler.timesteps)
    for i, level in enumerate(levels):
        meant = level.log_snr if trained is None else trained.level(visited[i], level.log_snr)
        t_own = same_noise_t(own, 1.0 / (1.0 + math.exp(-max(meant, -700.0))))
        asked.append(t_own)
        try:
            step.scaled(x, i)
            x_t = x / math.hypot(level.of_x_0, level.noise)
            raw = predict(x_t, torch.full((len(x),), t_own), label)
            known = Known(x, clip(own, x_t, t_own, raw).x_hat_0, raw.eps_hat, level)
            output = convention(scheduler, i, known).to(x.dtype)
            with Draws(generator), np.errstate(all="ignore"):
                x = step(i, x, output)
        except Exception as error:  # schedulers raise whatever their arithmetic meets
            raise Refusal(
                "{name} stopped at its timestep {visited}: {kind}: {error}",
                name=name,
                visited=f"{visited[i]:g}",
                kind=type(error).__name__,
                error=" ".join(str(error).split())[:160],
            ) from None
        told()
        if not bool(torch.isfinite(x).all()):
            return Trial(torch.full_like(x, torch.nan), name, tuple(asked), visited, False)
    return Trial(x, name, tuple(asked), visited, True)


def _ready(schedule: Schedule, config: Mapping[str, Any], num_steps: int) -> tuple[Any, Convention, list[Blend]]:
    """The scheduler with its timesteps set, what it takes a network's output for, and the level at each step."""
    keys = _keys(schedule, config)
    name = str(keys.get("_class_name"))
    try:
        scheduler = built(keys)
        takes = options_of_set_timesteps(scheduler)
        told = {"mu": picture_mu(keys, None)} if keys.get("use_dynamic_shifting") and "mu" in takes else {}
        convention = _convention(keys, told) or conventions(scheduler)[0]
        set_timesteps(scheduler, num_steps, told)
        levels, _ = input_blends(scheduler)
    except Misbuilt as error:
        raise Refusal(error.phrase) from None
    except Unauditable as why:
        raise Refusal("{name} cannot be run: {cause}", name=name, cause=why) from None
    if len(levels) > 1 and levels[0].log_snr > levels[-1].log_snr:
        raise Refusal(
            "{name} leads from data to noise with this config, so it draws no picture; nothing to run", name=name
        )
    return scheduler, convention, levels


def _convention(keys: Mapping[str, Any], told: Mapping[str, Any]) -> Convention | None:
    """What the class is seen to take the network's output for; None where its steps cannot be followed."""
    try:
        with Probing(), np.errstate(all="ignore"):
            return trace(built(keys), FEW_STEPS, told).convention
    except (Unauditable, Misbuilt):
        return None


def _ddim(prediction_type: str) -> dict[str, Any]:
    """What a schedule without a config is run with."""
    return {"_class_name": FALLBACK, "timestep_spacing": "trailing", "prediction_type": prediction_type}


def _keys(schedule: Schedule, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with this schedule in it, where its class takes β_t."""
    keys: dict[str, Any] = {"_class_name": "DDPMScheduler", **config}
    try:
        takes = options_of(class_of(keys))
    except Unauditable as why:
        raise Refusal("{name} cannot be run: {cause}", name=keys["_class_name"], cause=why) from None
    if "trained_betas" not in takes or keys.get("use_flow_sigmas"):
        return keys
    own: dict[str, Any] = {"trained_betas": schedule.betas[1:].tolist(), "num_train_timesteps": schedule.T}
    if "rescale_betas_zero_snr" in takes:  # some classes need it said, to keep their σ_T finite
        own["rescale_betas_zero_snr"] = float(schedule.alpha_bars[-1]) == 0
    # Those that change ᾱ_t once more would do so to what is already changed.
    return keys | own | ({"snr_shift_scale": 1.0} if "snr_shift_scale" in takes else {})
