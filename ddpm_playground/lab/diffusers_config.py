"""Schedules from diffusers' scheduler configs, with diffusers' own numbers."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ..core import SCHEDULES, Schedule, rescale_zero_terminal_snr, schedule_from_betas, schedule_params
from ..core.schedule import MAX_T, betas_from_alpha_bars
from .peers import peer_schedule
from .quantities import unchecked
from .said import Said, said


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


# keys that only flow matching's and EDM's configs have
OTHER_FAMILIES = {"shift", "sigma_data", "sigma_schedule"}


def check_T(T: object) -> int:
    """num_train_timesteps of a config, if it is one.

    Raises:
        ValueError: not a whole number in [1, 100000].
    """
    if isinstance(T, bool) or not isinstance(T, int) or not 1 <= T <= MAX_T:
        raise ValueError(f"num_train_timesteps must be a whole number in [1, {MAX_T}], got {T!r}; correct it")
    return T


def _number(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{key} must be a number in [0, 1], got {value!r}; correct it")
    return _float(value, key)


def _float(value: float, key: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{key} must be a number in [0, 1], got a whole number of {len(str(value))} digits") from None


def _betas(config: Mapping[str, Any]) -> tuple[torch.Tensor, str]:
    """β_1…β_T of a config that has a beta_schedule or trained_betas, right or wrong, and their title."""
    trained = config.get("trained_betas")
    if trained is not None:
        return _trained(trained), "trained_betas"
    name, T = config.get("beta_schedule", "linear"), check_T(config.get("num_train_timesteps", 1000))
    if not isinstance(name, str) or name not in DIFFUSERS_SCHEDULES:
        known = ", ".join(DIFFUSERS_SCHEDULES)
        raise ValueError(f"unknown beta_schedule {name!r}; known are {known}, or give trained_betas")
    ends = _number(config, "beta_start", 1e-4), _number(config, "beta_end", 0.02)
    title, of = DIFFUSERS_SCHEDULES[name]
    try:
        return of(T, *ends), title
    except ValueError:  # the root of a negative β
        return torch.full((T,), math.nan, dtype=torch.float64), title


def _trained(trained: object) -> torch.Tensor:
    """trained_betas as a table."""
    if not isinstance(trained, Sequence) or isinstance(trained, str):
        raise ValueError("trained_betas must be a list of numbers β_1…β_T; correct it")
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in trained):
        raise ValueError("trained_betas must be a list of numbers β_1…β_T; correct it")
    if not 1 <= len(trained) <= MAX_T:
        raise ValueError(f"trained_betas must hold 1 to {MAX_T} numbers, got {len(trained)}; correct it")
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
        raise ValueError(f"{config.get('_class_name')} has no β_t; give a config with beta_schedule or trained_betas")
    betas, title = _betas(config)
    if config.get("trained_betas") is None:
        for key, default in (("beta_start", 1e-4), ("beta_end", 0.02)):
            value = _number(config, key, default)
            if not 0 <= value <= 1:
                raise ValueError(f"{key} must be a number in [0, 1], got {value}; correct it")
    schedule = schedule_from_betas(betas, title)
    return rescale_zero_terminal_snr(schedule) if config.get("rescale_betas_zero_snr") else schedule


def unchecked_from_config(config: Mapping[str, Any]) -> tuple[Schedule, list[Said]]:
    """As `schedule_from_config`, of flow matching and EDM too, but wrong numbers stay in it for the doctor to find.

    Returns:
        The schedule, and sentences about how it was read.

    Raises:
        ValueError: what cannot be read as a schedule at all.
    """
    T = check_T(config.get("num_train_timesteps", 1000))
    if has_betas(config):
        betas, title = _betas(config)
        schedule = unchecked(betas, title)
        done = [said("betas-of", title=title, T=schedule.T)]
        if config.get("rescale_betas_zero_snr"):
            if bool(((betas >= 0) & (betas <= 1)).all()):
                return rescale_zero_terminal_snr(schedule), [*done, said("rescaled")]
            done.append(said("not-rescaled"))
        return schedule, done
    if "sigma_data" in config or "sigma_schedule" in config:
        return _edm(config, T)
    if "flow_shift" in config or "shift" in config:
        shift = _number(config, "flow_shift" if config.get("use_flow_sigmas") else "shift", 1.0)
        return peer_schedule("flow", T, shift=shift)
    raise ValueError(
        f"{config.get('_class_name', 'this config')} has neither beta_schedule, trained_betas, sigma_schedule nor "
        "shift; give a config with one of them"
    )


def _edm(config: Mapping[str, Any], T: int) -> tuple[Schedule, list[Said]]:
    """EDM's σ_t as its classes space them when they are made."""
    name = config.get("sigma_schedule", "karras")
    if name not in ("karras", "exponential"):
        raise ValueError(f"unknown sigma_schedule {name!r}; known are karras and exponential")
    params = {key: _number(config, key, default) for key, default in (("sigma_min", 0.002), ("sigma_max", 80.0))}
    if name == "karras":
        params["rho"] = _number(config, "rho", 7.0)
    return peer_schedule(name, T, **params)


def class_defaults(class_name: str) -> dict[str, Any] | None:
    """What a scheduler class of diffusers takes and its defaults; None for one that is not there or lacks a library."""
    import diffusers

    found = getattr(diffusers, class_name, None) if class_name.endswith("Scheduler") else None
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
