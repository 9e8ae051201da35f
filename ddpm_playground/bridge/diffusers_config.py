"""Schedules from diffusers' scheduler configs, with diffusers' own numbers."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core import SCHEDULES, Schedule, rescale_zero_terminal_snr, schedule_from_betas, schedule_params
from ..core.checks import whole_number
from ..core.later import torch
from ..core.phrase import Refusal
from ..core.schedule import MAX_T, betas_from_alpha_bars


def _sigmoid_beta(T: int, beta_start: float, beta_end: float) -> torch.Tensor:
    """diffusers' "sigmoid": β_t, not ᾱ_t, is a sigmoid over −6…6 (GeoDiff, Xu et al. 2022)."""
    gate = torch.sigmoid(torch.linspace(-6, 6, T, dtype=torch.float64))
    return gate * (beta_end - beta_start) + beta_start


def _laplace_root(T: int, beta_start: float, beta_end: float) -> torch.Tensor:
    """diffusers' "laplace": ᾱ(u) is √(SNR/(1+SNR)), where the paper has SNR/(1+SNR); β_t ≤ 0.999."""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    log_snr = -0.5 * torch.copysign(torch.ones_like(u), 0.5 - u) * torch.log(1 - 2 * (0.5 - u).abs() + 1e-6)
    return betas_from_alpha_bars(torch.sigmoid(log_snr).sqrt(), 0.999)


def _exp(T: int, beta_start: float, beta_end: float) -> torch.Tensor:
    """diffusers' "exp" transform: ᾱ(u) = exp(−12 u), β_t ≤ 0.999."""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    return betas_from_alpha_bars(torch.exp(-12 * u), 0.999)


def _cosine(T: int, beta_start: float, beta_end: float) -> torch.Tensor:
    """diffusers' "squaredcos_cap_v2": the cosine schedule of Nichol & Dhariwal (2021)."""
    return SCHEDULES["cosine"](T)


# name in a config → (its title, β_1…β_T of T, beta_start, beta_end)
DIFFUSERS_SCHEDULES: dict[str, tuple[str, Callable[[int, float, float], torch.Tensor]]] = {
    "linear": ("linear", SCHEDULES["linear"]),
    "scaled_linear": ("scaled_linear", SCHEDULES["scaled_linear"]),
    "squaredcos_cap_v2": ("cosine", _cosine),
    "sigmoid": ("diffusers sigmoid", _sigmoid_beta),
    "laplace": ("diffusers laplace", _laplace_root),
    "exp": ("diffusers exp", _exp),
}


# keys that say what β_t are
BETA_KEYS = {
    "num_train_timesteps",
    "beta_schedule",
    "beta_start",
    "beta_end",
    "trained_betas",
    "rescale_betas_zero_snr",
}
# keys that only flow matching's and EDM's configs have
OTHER_FAMILIES = {"shift", "sigma_data", "sigma_schedule"}


def check_T(T: object) -> int:
    """num_train_timesteps of a config, if it is one.

    Raises:
        ValueError: not a whole number in [1, 100000].
    """
    return whole_number("num_train_timesteps", T, 1, MAX_T, "correct it")


def number_of(config: Mapping[str, Any], key: str, default: float) -> float:
    """The number that a config has under a key, any number at all.

    Raises:
        ValueError: no number, or one too large to be one here.
    """
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal("{key} must be a number in [0, 1], got {got}; correct it", key=key, got=repr(value)[:40])
    return _float(value, key)


def _float(value: float, key: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Refusal(
            "{key} must be a number in [0, 1], got a whole number of {digits} digits", key=key, digits=len(str(value))
        ) from None


def betas_of_config(config: Mapping[str, Any]) -> tuple[torch.Tensor, str]:
    """β_1…β_T of a config that has a beta_schedule or trained_betas, right or wrong, and their title."""
    trained = config.get("trained_betas")
    if trained is not None:
        return _trained(trained), "trained_betas"
    name, T = config.get("beta_schedule", "linear"), check_T(config.get("num_train_timesteps", 1000))
    if not isinstance(name, str) or name not in DIFFUSERS_SCHEDULES:
        known = ", ".join(DIFFUSERS_SCHEDULES)
        raise Refusal(
            "unknown beta_schedule {name}; known are {known}, or give trained_betas", name=repr(name)[:60], known=known
        )
    ends = number_of(config, "beta_start", 1e-4), number_of(config, "beta_end", 0.02)
    title, of = DIFFUSERS_SCHEDULES[name]
    try:
        return of(T, *ends), title
    except ValueError:  # the root of a negative β
        return torch.full((T,), math.nan, dtype=torch.float64), title


def _trained(trained: object) -> torch.Tensor:
    """trained_betas as a table."""
    if not isinstance(trained, Sequence) or isinstance(trained, str):
        raise Refusal("trained_betas must be a list of numbers β_1…β_T; correct it")
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in trained):
        raise Refusal("trained_betas must be a list of numbers β_1…β_T; correct it")
    if not 1 <= len(trained) <= MAX_T:
        raise Refusal(
            "trained_betas must hold 1 to {most} numbers, got {got}; correct it", most=MAX_T, got=len(trained)
        )
    return torch.tensor([_float(value, "trained_betas") for value in trained], dtype=torch.float64)


def has_betas(config: Mapping[str, Any]) -> bool:
    """Whether a config describes β_t: flow matching and EDM do not, and diffusers writes every beta_schedule."""
    if config.get("use_flow_sigmas"):
        return False
    if config.get("beta_schedule") is not None or config.get("trained_betas") is not None:
        return True
    return config.get("_class_name", "DDPMScheduler") == "DDPMScheduler" and not OTHER_FAMILIES & config.keys()


def schedule_from_config(config: Mapping[str, Any]) -> Schedule:
    """The schedule that diffusers makes of a scheduler_config.json, in float64.

    Raises:
        ValueError: a config without β_t, a beta_schedule that is not known here, or values out of range.
    """
    if not has_betas(config):
        raise Refusal(
            "{name} has no β_t; give a config with beta_schedule or trained_betas", name=config.get("_class_name")
        )
    betas, title = betas_of_config(config)
    if config.get("trained_betas") is None:
        for key, default in (("beta_start", 1e-4), ("beta_end", 0.02)):
            value = number_of(config, key, default)
            if not 0 <= value <= 1:
                raise Refusal("{key} must be a number in [0, 1], got {got}; correct it", key=key, got=value)
    schedule = schedule_from_betas(betas, title)
    return rescale_zero_terminal_snr(schedule) if config.get("rescale_betas_zero_snr") else schedule


def class_defaults(class_name: str) -> dict[str, Any] | None:
    """What a scheduler class of diffusers takes and its defaults; None for one that is not there or lacks a library."""
    import diffusers

    found = getattr(diffusers, class_name, None) if str(class_name).endswith("Scheduler") else None
    try:
        if not isinstance(found, type) or not hasattr(found, "set_timesteps"):
            return None
    except ImportError:  # what stands for a class whose library is missing raises it at any touch
        return None
    parameters = inspect.signature(found.__init__).parameters
    return {key: p.default for key, p in parameters.items() if p.default is not inspect.Parameter.empty}


def beta_config(schedule: Schedule) -> dict[str, Any]:
    """The keys of a config that give this schedule: its name where diffusers has the same one, else trained_betas."""
    own = {title: name for name, (title, _) in DIFFUSERS_SCHEDULES.items()}
    if schedule.name in own:
        name, T = own[schedule.name], schedule.T
        if name in ("linear", "scaled_linear"):
            ends = [float(schedule.betas[1]), float(schedule.betas[-1])]
        else:
            ends = [schedule_params("linear")[key] for key in ("beta_start", "beta_end")]
        if torch.equal(DIFFUSERS_SCHEDULES[name][1](T, *ends), schedule.betas[1:]):
            return {"num_train_timesteps": T, "beta_schedule": name, "beta_start": ends[0], "beta_end": ends[1]}
    return {"num_train_timesteps": schedule.T, "trained_betas": schedule.betas[1:].tolist()}
