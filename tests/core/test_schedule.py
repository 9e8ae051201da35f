"""Schedules against their papers' formulas in numpy, against diffusers, and their refusals."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from diffusers.schedulers.scheduling_ddpm import rescale_zero_terminal_snr as diffusers_rescale
from hypothesis import given

from ddpm_playground.core import (
    PARAM_RANGES,
    SCHEDULES,
    Schedule,
    make_schedule,
    rescale_zero_terminal_snr,
    schedule_from_betas,
    schedule_params,
)
from tests.strategies import any_beta, schedules


def close(actual: torch.Tensor, expected: np.ndarray, atol: float = 1e-12, rtol: float = 1e-9) -> None:
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=actual.dtype), atol=atol, rtol=rtol)


def capped(alpha_bars: np.ndarray, max_beta: float) -> np.ndarray:
    """ᾱ_1…ᾱ_T of a chain whose β are held below max_beta, one step at a time."""
    out, product = [], 1.0
    for now, before in zip(alpha_bars[1:], alpha_bars[:-1], strict=True):
        product *= 1 - min(max(1 - now / before, 0.0), max_beta)
        out.append(product)
    return np.array(out)


@pytest.mark.parametrize("T", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_tables_start_at_clean_data_and_only_add_noise(name: str, T: int) -> None:
    schedule = make_schedule(name, T)
    for table in (schedule.betas, schedule.alphas, schedule.alpha_bars, schedule.beta_tildes):
        assert table.shape == (T + 1,) and table.dtype == torch.float64
        assert bool(((table >= 0) & (table <= 1)).all())
    assert schedule.T == T
    assert schedule.alpha_bars[0] == 1 and schedule.betas[0] == 0 and schedule.beta_tildes[1] == 0
    assert bool((schedule.alpha_bars.diff() <= 0).all()) and schedule.alpha_bars[-1] < 1
    assert bool((schedule.beta_tildes <= schedule.betas + 1e-15).all())
    assert schedule.snr[0] == math.inf and bool((schedule.snr.diff() <= 0).all())


@given(schedules(any_beta))
def test_tables_follow_from_beta(schedule: Schedule) -> None:
    betas = schedule.betas.numpy()
    product = 1.0
    for t in range(1, schedule.T + 1):
        before, product = product, product * (1 - betas[t])
        assert schedule.alpha_bars[t].item() == pytest.approx(product, rel=1e-12)
        tilde = (1 - before) / (1 - product) * betas[t] if product < 1 else 0.0
        assert schedule.beta_tildes[t].item() == pytest.approx(tilde, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("T", [1, 2, 50, 1000])
def test_linear_is_ho_et_al(T: int) -> None:
    steps = np.arange(T) / max(1, T - 1)
    close(make_schedule("linear", T).betas[1:], 1e-4 + (0.02 - 1e-4) * steps)


@pytest.mark.parametrize("T", [2, 50, 1000])
def test_scaled_linear_is_rombach_et_al(T: int) -> None:
    roots = math.sqrt(0.00085) + (math.sqrt(0.012) - math.sqrt(0.00085)) * np.arange(T) / (T - 1)
    close(make_schedule("scaled_linear", T, beta_start=0.00085, beta_end=0.012).betas[1:], roots**2)


@pytest.mark.parametrize("T", [2, 50, 1000])
@pytest.mark.parametrize("s", [0.0, 0.008, 0.1])
def test_cosine_is_nichol_and_dhariwal(T: int, s: float) -> None:
    u = np.arange(T + 1) / T
    f = np.cos((u + s) / (1 + s) * np.pi / 2) ** 2
    close(make_schedule("cosine", T, s=s).alpha_bars[1:], capped(f / f[0], 0.999))


@pytest.mark.parametrize("start,end,tau", [(-3.0, 3.0, 1.0), (0.0, 3.0, 0.5), (-3.0, 3.0, 0.1)])
def test_sigmoid_is_jabri_et_al(start: float, end: float, tau: float) -> None:
    u = np.arange(101) / 100
    v = 1 / (1 + np.exp(-(start + (end - start) * u) / tau))
    alpha_bars = np.clip((v[-1] - v) / (v[-1] - v[0]), 1e-9, 1.0)
    close(make_schedule("sigmoid", 100, start=start, end=end, tau=tau).alpha_bars, alpha_bars)


@pytest.mark.parametrize("mu,b", [(0.0, 0.5), (1.0, 0.5), (0.0, 2.0)])
def test_laplace_is_hang_et_al(mu: float, b: float) -> None:
    schedule = make_schedule("laplace", 100, mu=mu, b=b)
    u = np.arange(1, 100) / 100
    log_snr = mu - b * np.sign(0.5 - u) * np.log(1 - 2 * np.abs(u - 0.5))
    close(schedule.log_snr[1:-1], log_snr)


def test_constant() -> None:
    close(make_schedule("constant", 20, beta=0.3).alpha_bars, 0.7 ** np.arange(21))


def test_the_defaults_of_the_linear_schedule_leave_ho_et_al_s_little_signal() -> None:
    """Their section 4: L_T ≈ 0, that is an x_T that is nearly N(0, I)."""
    assert make_schedule("linear").T == 1000
    assert 1e-5 < make_schedule("linear").alpha_bars[-1].item() < 1e-4


@pytest.mark.parametrize("T", [10, 1000])
@pytest.mark.parametrize(
    "ours,theirs", [("linear", "linear"), ("scaled_linear", "scaled_linear"), ("cosine", "squaredcos_cap_v2")]
)
def test_diffusers_agrees_where_it_means_the_same(ours: str, theirs: str, T: int) -> None:
    scheduler = DDPMScheduler(num_train_timesteps=T, beta_schedule=theirs, beta_start=1e-4, beta_end=0.02)
    torch.testing.assert_close(
        make_schedule(ours, T).alpha_bars[1:], scheduler.alphas_cumprod.double(), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("name", ["linear", "scaled_linear", "cosine"])
def test_zero_terminal_snr_is_diffusers(name: str) -> None:
    schedule = make_schedule(name, 100)
    rescaled = rescale_zero_terminal_snr(schedule)
    torch.testing.assert_close(rescaled.betas[1:], diffusers_rescale(schedule.betas[1:]), atol=1e-12, rtol=1e-9)


@given(schedules(min_T=2))
def test_zero_terminal_snr_keeps_the_first_step_and_ends_in_noise(schedule: Schedule) -> None:
    rescaled = rescale_zero_terminal_snr(schedule)
    assert rescaled.alpha_bars[-1] == 0 and rescaled.snr[-1] == 0
    torch.testing.assert_close(rescaled.alpha_bars[1], schedule.alpha_bars[1])
    roots, before = rescaled.alpha_bars[1:].sqrt(), schedule.alpha_bars[1:].sqrt()
    torch.testing.assert_close(roots, (before - before[-1]) * before[0] / (before[0] - before[-1]), atol=1e-7, rtol=0)


def test_a_schedule_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_schedule("linear", 10).betas = torch.zeros(3)  # type: ignore[misc]


def test_every_parameter_has_a_range_that_holds_its_default() -> None:
    for name in SCHEDULES:
        for key, default in schedule_params(name).items():
            low, high, step = PARAM_RANGES[key]
            assert low <= default <= high and step > 0, (name, key)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_every_range_give_a_schedule_or_a_sentence(name: str, end: int) -> None:
    for key in schedule_params(name):
        try:
            schedule = make_schedule(name, 7, **{key: PARAM_RANGES[key][end]})
        except ValueError as error:
            assert "; " in str(error), error
        else:
            assert bool(torch.isfinite(schedule.alpha_bars).all())


@pytest.mark.parametrize("T", [0, -1, 10**12, 1.5, 10.0, True, None, "10", math.nan, math.inf])
def test_a_bad_T_is_refused(T: object) -> None:
    with pytest.raises(ValueError, match=r"T must be a whole number in \[1, 100000\], got .*; lower or raise T"):
        make_schedule("linear", T)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name,params,fragment",
    [
        ("nope", {}, "unknown schedule 'nope'; choose one of linear"),
        ("linear", {"s": 0.1}, "schedule 'linear' has no parameter 's'; it has beta_start, beta_end"),
        ("linear", {"beta_start": math.nan}, "beta_start must be a number in [0, 1], got nan"),
        ("linear", {"beta_end": 1.1}, "beta_end must be a number in [0, 1], got 1.1"),
        ("linear", {"beta_end": -math.inf}, "beta_end must be a number in [0, 1], got -inf"),
        ("linear", {"beta_end": True}, "beta_end must be a number in [0, 1], got True"),
        ("linear", {"beta_end": "0.02"}, "beta_end must be a number in [0, 1], got '0.02'"),
        ("sigmoid", {"start": 2.0, "end": 1.0}, "start must be below end, got start = 2, end = 1; swap them"),
        ("sigmoid", {"tau": 0.0}, "tau must be a number in [0.01, 10], got 0"),
        ("laplace", {"b": 0.0}, "b must be a number in [0.01, 10], got 0"),
    ],
)
def test_bad_parameters_are_refused(name: str, params: dict, fragment: str) -> None:
    with pytest.raises(ValueError) as error:
        make_schedule(name, 10, **params)
    assert fragment in str(error.value)


@pytest.mark.parametrize(
    "betas,fragment",
    [
        ([], "got 0"),
        ([[0.1, 0.2]], "got shape (1, 2); flatten it"),
        (0.1, "got shape ()"),
        ([0.1, math.nan], "got β_2 = nan"),
        ([math.inf], "got β_1 = inf"),
        ([0.1, 0.2, -1e-9], "got β_3 = -1e-09"),
        ([1.5], "got β_1 = 1.5; correct that entry"),
        ("abc", "betas must be a list of numbers, got str"),
        (None, "betas must be a list of numbers, got NoneType"),
        (["x"], "betas must be a list of numbers, got list"),
        ([1j], "betas must be a list of numbers, got list"),
    ],
)
def test_bad_betas_are_refused(betas: object, fragment: str) -> None:
    with pytest.raises(ValueError) as error:
        schedule_from_betas(betas)  # type: ignore[arg-type]
    assert fragment in str(error.value)


@pytest.mark.parametrize("betas", [[0.5], [0.0, 0.0, 0.0]])
def test_rescaling_needs_a_falling_schedule(betas: list[float]) -> None:
    with pytest.raises(ValueError, match="rescaling needs ᾱ_1 > ᾱ_T"):
        rescale_zero_terminal_snr(schedule_from_betas(betas))
