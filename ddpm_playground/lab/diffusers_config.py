"""Schedules from diffusers' scheduler configs, with diffusers' own numbers."""

from collections.abc import Mapping
from typing import Any

import torch

from ..core import Schedule, make_schedule, rescale_zero_terminal_snr, schedule_from_betas
from ..core.schedule import betas_from_alpha_bars


def _sigmoid_beta(T: int, beta_start: float, beta_end: float) -> Schedule:
    """diffusers' "sigmoid": β_t, not ᾱ_t, is a sigmoid over −6…6 (GeoDiff, Xu et al. 2022)."""
    gate = torch.sigmoid(torch.linspace(-6, 6, T, dtype=torch.float64))
    return schedule_from_betas(gate * (beta_end - beta_start) + beta_start, "diffusers sigmoid")


def _laplace_root(T: int, beta_start: float, beta_end: float) -> Schedule:
    """diffusers' "laplace": ᾱ(u) is √(SNR/(1+SNR)), where the paper has SNR/(1+SNR); β_t ≤ 0.999."""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    log_snr = -0.5 * torch.copysign(torch.ones_like(u), 0.5 - u) * torch.log(1 - 2 * (0.5 - u).abs() + 1e-6)
    return schedule_from_betas(betas_from_alpha_bars(torch.sigmoid(log_snr).sqrt(), 0.999), "diffusers laplace")


def _exp(T: int, beta_start: float, beta_end: float) -> Schedule:
    """diffusers' "exp" transform: ᾱ(u) = exp(−12 u), β_t ≤ 0.999."""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    return schedule_from_betas(betas_from_alpha_bars(torch.exp(-12 * u), 0.999), "diffusers exp")


DIFFUSERS_SCHEDULES = {
    "linear": lambda T, a, b: make_schedule("linear", T, beta_start=a, beta_end=b),
    "scaled_linear": lambda T, a, b: make_schedule("scaled_linear", T, beta_start=a, beta_end=b),
    "squaredcos_cap_v2": lambda T, a, b: make_schedule("cosine", T),
    "sigmoid": _sigmoid_beta,
    "laplace": _laplace_root,
    "exp": _exp,
}


def schedule_from_config(config: Mapping[str, Any]) -> Schedule:
    """The schedule that diffusers makes of a scheduler_config.json, in float64.

    Raises:
        ValueError: a beta_schedule that is not known here, or values out of range.
    """
    betas = config.get("trained_betas")
    if betas is not None:
        schedule = schedule_from_betas(betas, "trained_betas")
    else:
        name, T = config.get("beta_schedule", "linear"), config.get("num_train_timesteps", 1000)
        start, end = config.get("beta_start", 1e-4), config.get("beta_end", 0.02)
        if "beta_schedule" not in config and config.get("_class_name", "DDPMScheduler") != "DDPMScheduler":
            # diffusers writes every scheduler's beta_schedule; flow matching and EDM have none.
            raise ValueError(f"{config['_class_name']} has no β_t; give a config with beta_schedule or trained_betas")
        if not isinstance(name, str) or name not in DIFFUSERS_SCHEDULES:
            known = ", ".join(DIFFUSERS_SCHEDULES)
            raise ValueError(f"unknown beta_schedule {name!r}; known are {known}, or give trained_betas")
        for key, value in (("beta_start", start), ("beta_end", end)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ValueError(f"{key} must be a number in [0, 1], got {value!r}; correct it")
        make_schedule("constant", T)
        schedule = DIFFUSERS_SCHEDULES[name](T, float(start), float(end))
    return rescale_zero_terminal_snr(schedule) if config.get("rescale_betas_zero_snr") else schedule
