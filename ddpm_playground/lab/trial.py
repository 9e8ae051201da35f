"""A trial: a scheduler of diffusers, as its config has it, drives a trained network, so that faults can be seen."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..core import EpsPredictor, Schedule, clip, same_noise_t, stream_seed, v_from_eps
from .scheduler_classes import Unauditable, build, options_of, scheduler_class

FALLBACK = "DDIMScheduler"


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of it.

    Attributes:
        x_0: the pictures, (B,C,H,W); NaN where the scheduler's arithmetic ended so.
        class_name: the scheduler that ran.
        asked: the network's t at each step: its own t of equal SNR.
        finite: whether every number stayed one.
    """

    x_0: torch.Tensor
    class_name: str
    asked: tuple[int, ...]
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
) -> Trial:
    """Pictures from a network under another schedule, by the scheduler's own code, faults and all.

    At each step the network is asked at its own t of the same SNR, since it knows noise by its level; what it says
    becomes whatever the config says a network predicts. Classes without β_t (EDM, flow matching) are run as DDIM on
    the same ᾱ_t.

    Args:
        predict: an ε-predictor that was trained on `own`.
        own: its schedule.
        schedule: the one to try; its β_t must be in [0, 1].
        config: keys of a scheduler config; empty for DDIM, trailing.
        x_T: noise of variance 1, (B,C,H,W).
        num_steps: S in [1, T].
        label: class of each picture, or None.
        seed: of the scheduler's own draws.

    Raises:
        ValueError: a scheduler that cannot be built or cannot run with such a network.
    """
    scheduler, name = _scheduler(schedule, config)
    with np.errstate(all="ignore"):
        scheduler.set_timesteps(num_steps)
    kind = scheduler.config.get("prediction_type", "epsilon")
    generator = torch.Generator().manual_seed(stream_seed(seed, "trial"))
    draws = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
    x, asked = x_T * scheduler.init_noise_sigma, []
    for timestep in scheduler.timesteps:
        t = min(max(int(timestep), 0), schedule.T - 1) + 1
        t_own = same_noise_t(own, float(schedule.alpha_bars[t]))
        asked.append(t_own)
        try:
            x_t = scheduler.scale_model_input(x, timestep)
            said = predict(x_t, torch.full((len(x),), t_own), label)
            if kind == "epsilon":
                output = said.eps_hat
            else:
                kept = clip(own, x_t, t_own, said)
                output = kept.x_hat_0 if kind == "sample" else v_from_eps(schedule, kept.x_hat_0, t, kept.eps_hat)
            x = scheduler.step(output, timestep, x, **draws).prev_sample
        except Exception as error:  # schedulers raise whatever their arithmetic meets
            told = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
            raise ValueError(f"{name} stopped at its timestep {timestep:g}: {told}") from None
        if not bool(torch.isfinite(x).all()):
            return Trial(torch.full_like(x, torch.nan), name, tuple(asked), False)
    return Trial(x, name, tuple(asked), True)


def _scheduler(schedule: Schedule, config: Mapping[str, Any]) -> tuple[Any, str]:
    """The config's scheduler on this schedule, or DDIM where its class has no β_t."""
    name = config.get("_class_name", FALLBACK if not config else "DDPMScheduler")
    the_class = scheduler_class(name)
    known = options_of(the_class)
    if "trained_betas" not in known or config.get("use_flow_sigmas"):
        config = {key: config[key] for key in ("clip_sample",) if key in config}
        name, the_class = FALLBACK, scheduler_class(FALLBACK)
        known = options_of(the_class)
    options = {key: value for key, value in config.items() if key in known}
    options |= {"trained_betas": schedule.betas[1:].tolist(), "num_train_timesteps": schedule.T}
    if "timestep_spacing" in known and "timestep_spacing" not in config and name == FALLBACK:
        options["timestep_spacing"] = "trailing"
    if "rescale_betas_zero_snr" in known:  # some classes need it said, to keep their σ_T finite
        options["rescale_betas_zero_snr"] = float(schedule.alpha_bars[-1]) == 0
    try:
        return build(the_class, options, None, None)[0], name
    except Unauditable as why:
        raise ValueError(f"{name} cannot be run: {why}") from None
