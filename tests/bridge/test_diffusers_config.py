"""Schedules read from scheduler_config.json are the ones that diffusers makes of it."""

import inspect
import math
import sys

import diffusers
import pytest
import torch
from diffusers import DDPMScheduler, HeunDiscreteScheduler, RePaintScheduler

from ddpm_playground.bridge.diffusers_config import DIFFUSERS_SCHEDULES, schedule_from_config
from ddpm_playground.core import make_schedule

# The classes that between them know every name of β-schedule.
CLASSES = {name: DDPMScheduler for name in ("linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace")}
CLASSES["exp"] = HeunDiscreteScheduler


def agrees(config: dict, alphas_cumprod: torch.Tensor) -> None:
    """To 1e-6, which is what diffusers' float32 products leave."""
    alpha_bars = schedule_from_config(config).alpha_bars[1:]
    torch.testing.assert_close(alpha_bars, alphas_cumprod.double(), atol=1e-6, rtol=0)


def test_every_name_that_diffusers_knows_is_known_here() -> None:
    """Tries each name on each scheduler class of diffusers; what one of them takes, we must take."""
    source = "".join(
        inspect.getsource(sys.modules[getattr(diffusers, name).__module__])
        for name in dir(diffusers)
        if name.endswith("Scheduler") and inspect.isclass(getattr(diffusers, name))
    )
    named = {line.split('"')[1] for line in source.splitlines() if 'if beta_schedule == "' in line}
    assert named >= {"linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace", "exp"}
    assert named <= set(DIFFUSERS_SCHEDULES)


@pytest.mark.parametrize("T", [2, 10, 100, 1000])
@pytest.mark.parametrize("name", DIFFUSERS_SCHEDULES)
def test_the_same_alpha_bars_as_diffusers(name: str, T: int) -> None:
    scheduler = CLASSES[name](num_train_timesteps=T, beta_schedule=name, beta_start=1e-4, beta_end=0.02)
    agrees(dict(scheduler.config), scheduler.alphas_cumprod)


@pytest.mark.parametrize("name", ["linear", "scaled_linear", "sigmoid"])
def test_with_other_ends(name: str) -> None:
    scheduler = CLASSES[name](num_train_timesteps=500, beta_schedule=name, beta_start=0.00085, beta_end=0.012)
    agrees(dict(scheduler.config), scheduler.alphas_cumprod)


def test_repaint_s_sigmoid_is_the_same() -> None:
    scheduler = RePaintScheduler(beta_schedule="sigmoid")
    agrees(dict(scheduler.config), scheduler.alphas_cumprod)


@pytest.mark.parametrize("name", ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace"])
def test_rescaled_to_zero_terminal_snr(name: str) -> None:
    scheduler = DDPMScheduler(beta_schedule=name, rescale_betas_zero_snr=True)
    agrees(dict(scheduler.config), scheduler.alphas_cumprod)
    assert schedule_from_config(scheduler.config).alpha_bars[-1] == 0


@pytest.mark.parametrize("rescaled", [False, True])
def test_trained_betas_win(rescaled: bool) -> None:
    betas = [0.01, 0.2, 0.05, 0.5]
    scheduler = DDPMScheduler(
        num_train_timesteps=4, trained_betas=betas, beta_schedule="linear", rescale_betas_zero_snr=rescaled
    )
    agrees(dict(scheduler.config), scheduler.alphas_cumprod)


def test_what_a_config_leaves_out_is_diffusers_default() -> None:
    agrees({}, DDPMScheduler().alphas_cumprod)
    agrees({"num_train_timesteps": 10, "from the future": 1}, DDPMScheduler(num_train_timesteps=10).alphas_cumprod)


def test_ours_of_the_same_name_are_not_diffusers() -> None:
    """diffusers' "sigmoid" and "laplace" are other schedules than the papers'; see docs/schedules.md."""
    for name in ("sigmoid", "laplace"):
        difference = make_schedule(name).alpha_bars - schedule_from_config({"beta_schedule": name}).alpha_bars
        assert difference.abs().max() > 0.1


@pytest.mark.parametrize(
    "config,fragment",
    [
        ({"beta_schedule": "quad"}, "unknown beta_schedule 'quad'; known are linear, scaled_linear"),
        ({"beta_schedule": None}, "unknown beta_schedule None; known are"),
        ({"beta_schedule": ["linear"]}, "unknown beta_schedule ['linear']; known are"),
        ({"num_train_timesteps": 0}, "num_train_timesteps must be a whole number in [1, 100000], got 0"),
        ({"num_train_timesteps": 10**12}, "num_train_timesteps must be a whole number in [1, 100000], got 10000"),
        ({"num_train_timesteps": True}, "num_train_timesteps must be a whole number in [1, 100000], got True"),
        ({"num_train_timesteps": "1000"}, "num_train_timesteps must be a whole number in [1, 100000], got '1000'"),
        ({"beta_start": math.nan}, "beta_start must be a number in [0, 1], got nan; correct it"),
        ({"beta_end": "0.02"}, "beta_end must be a number in [0, 1], got '0.02'; correct it"),
        ({"beta_end": True}, "beta_end must be a number in [0, 1], got True"),
        ({"beta_end": 2.0}, "beta_end must be a number in [0, 1], got 2"),
        ({"beta_schedule": "sigmoid", "beta_end": 2.0}, "beta_end must be a number in [0, 1], got 2.0"),
        ({"trained_betas": [0.1, 1.5]}, "got β_2 = 1.5; correct that entry"),
        ({"trained_betas": []}, "1 to 100000 numbers, got 0"),
        ({"trained_betas": "abc"}, "trained_betas must be a list of numbers"),
        ({"num_train_timesteps": 1, "rescale_betas_zero_snr": True}, "rescaling needs ᾱ_1 > ᾱ_T"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "FlowMatchEulerDiscreteScheduler has no β_t; give a"),
    ],
)
def test_bad_configs_are_refused(config: dict, fragment: str) -> None:
    with pytest.raises(ValueError) as error:
        schedule_from_config(config)
    assert fragment in str(error.value)
