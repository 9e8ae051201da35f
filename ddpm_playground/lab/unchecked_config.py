"""Schedules from diffusers' scheduler configs, right or wrong, for the doctor to look at."""

from collections.abc import Mapping
from typing import Any

from ..bridge.diffusers_config import betas_of_config, check_T, has_betas, number_of
from ..core import Schedule, rescale_zero_terminal_snr
from ..core.phrase import Phrase, Refusal
from .peers import peer_schedule
from .quantities import unchecked


def unchecked_from_config(config: Mapping[str, Any]) -> tuple[Schedule, list[Phrase]]:
    """As `schedule_from_config`, of flow matching and EDM too, but wrong numbers stay in it for the doctor to find.

    Returns:
        The schedule, and sentences about how it was read.

    Raises:
        ValueError: what cannot be read as a schedule at all.
    """
    T = check_T(config.get("num_train_timesteps", 1000))
    if has_betas(config):
        betas, title = betas_of_config(config)
        schedule = unchecked(betas, title)
        done = [Phrase("β_t of {title}, T = {T:,}, in float64", title=title, T=schedule.T)]
        if config.get("rescale_betas_zero_snr"):
            if bool(((betas >= 0) & (betas <= 1)).all()):
                return rescale_zero_terminal_snr(schedule), [
                    *done,
                    Phrase("rescaled to zero terminal SNR (Lin et al. 2023)"),
                ]
            done.append(Phrase("not rescaled to zero terminal SNR, since its β_t are no probabilities"))
        return schedule, done
    if "sigma_data" in config or "sigma_schedule" in config:
        return _edm(config, T)
    if "flow_shift" in config or "shift" in config:
        shift = number_of(config, "flow_shift" if config.get("use_flow_sigmas") else "shift", 1.0)
        # Some models of continuous time have T = 1: 1000 levels then show the curve.
        return peer_schedule("flow", T if T > 1 else 1000, shift=shift)
    raise Refusal(
        "{name} has neither beta_schedule, trained_betas, sigma_schedule nor shift; give a config with one of them",
        name=config.get("_class_name", "this config"),
    )


def _edm(config: Mapping[str, Any], T: int) -> tuple[Schedule, list[Phrase]]:
    """EDM's σ_t as its classes space them when they are made."""
    name = config.get("sigma_schedule", "karras")
    if name not in ("karras", "exponential"):
        raise Refusal("unknown sigma_schedule {name}; known are karras and exponential", name=repr(name))
    params = {key: number_of(config, key, default) for key, default in (("sigma_min", 0.002), ("sigma_max", 80.0))}
    if name == "karras":
        params["rho"] = number_of(config, "rho", 7.0)
    return peer_schedule(name, T, **params)
