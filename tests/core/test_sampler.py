"""Rules and paths: what every sampler must keep, and diffusers' timesteps."""

import math

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from hypothesis import given
from hypothesis import strategies as st

from ddpm_playground.core import (
    SAMPLERS,
    SCHEDULES,
    SPACINGS,
    Prediction,
    Schedule,
    clip,
    eps_from_x_0,
    line_4_factors,
    make_schedule,
    posterior,
    posterior_coefficients,
    q_sample,
    rescale_zero_terminal_snr,
    step_coefficients,
    step_gaussian,
    timestep_path,
)
from tests.strategies import any_beta, schedule_t_s

strengths = st.floats(0.0, 1.0)


@given(schedule_t_s(any_beta), strengths, st.sampled_from(sorted(SAMPLERS)))
def test_every_rule_is_finite_and_adds_no_noise_at_the_end(
    case: tuple[Schedule, int, int], strength: float, sampler: str
) -> None:
    schedule, t, s = case
    assert all(math.isfinite(value) for value in step_coefficients(schedule, sampler, strength, t, s))
    assert step_coefficients(schedule, sampler, strength, t, s).variance >= 0
    assert step_coefficients(schedule, sampler, strength, t, 0).variance == 0


@given(schedule_t_s(any_beta), strengths)
def test_ddim_keeps_the_marginals_for_every_eta(case: tuple[Schedule, int, int], eta: float) -> None:
    """With the true x_0 and ε, x_s has mean √ᾱ_s x_0 and variance 1 − ᾱ_s (Song et al. 2021, lemma 1)."""
    schedule, t, s = case
    _marginal(schedule, t, s, "ddim", eta)


@given(schedule_t_s(any_beta))
def test_ddpm_with_the_small_variance_keeps_the_marginals(case: tuple[Schedule, int, int]) -> None:
    schedule, t, s = case
    _marginal(schedule, t, s, "ddpm", 0.0)


def _marginal(schedule: Schedule, t: int, s: int, sampler: str, strength: float) -> None:
    c = step_coefficients(schedule, sampler, strength, t, s)
    bar_t, bar_s = schedule.alpha_bars[t].item(), schedule.alpha_bars[s].item()
    assert c.of_x_0 + c.of_x_t * math.sqrt(bar_t) == pytest.approx(math.sqrt(bar_s), abs=1e-9)
    noise = c.of_x_t * math.sqrt(1 - bar_t) + c.of_eps
    assert noise**2 + c.variance == pytest.approx(1 - bar_s, abs=1e-9)


@given(schedule_t_s(), st.floats(-2, 2), st.floats(-2, 2))
def test_ddim_with_eta_1_is_ddpm(case: tuple[Schedule, int, int], x_0: float, eps: float) -> None:
    """Song et al. (2021), section 4.1: η = 1 is the DDPM, also for a stride."""
    schedule, t, s = case
    clean, noise = torch.tensor([[x_0]], dtype=torch.float64), torch.tensor([[eps]], dtype=torch.float64)
    x_t = q_sample(schedule, clean, t, noise)
    rules = [step_coefficients(schedule, *rule, t, s) for rule in (("ddim", 1.0), ("ddpm", 0.0))]
    ddim, ddpm = (step_gaussian(c, x_t, Prediction(noise, clean)) for c in rules)
    torch.testing.assert_close(ddim.mean, ddpm.mean, atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(ddim.variance, ddpm.variance, atol=1e-12, rtol=1e-8)
    torch.testing.assert_close(ddpm.mean, posterior(schedule, x_t, clean, t, s).mean)


@given(schedule_t_s(min_s=1), strengths)
def test_ddpm_s_variance_lies_between_beta_tilde_and_beta(case: tuple[Schedule, int, int], w: float) -> None:
    schedule, t, s = case
    c = posterior_coefficients(schedule, t, s)
    tilde, beta = float(c.variance), float(c.beta)
    variance = step_coefficients(schedule, "ddpm", w, t, s).variance
    assert variance == pytest.approx(math.exp((1 - w) * math.log(tilde) + w * math.log(beta)), rel=1e-9)
    assert step_coefficients(schedule, "ddpm", 0.0, t, s).variance == pytest.approx(tilde, rel=1e-12)
    assert step_coefficients(schedule, "ddpm", 1.0, t, s).variance == pytest.approx(beta, rel=1e-12)
    assert tilde * (1 - 1e-9) <= variance <= beta * (1 + 1e-9)


@given(schedule_t_s(), st.floats(-2, 2), st.floats(-2, 2))
def test_ddpm_s_mean_is_line_4_of_algorithm_2(case: tuple[Schedule, int, int], x: float, eps: float) -> None:
    """(x_t − (1−α)/√(1−ᾱ_t) ε̂)/√α; for s = t − 1, α is α_t."""
    schedule, t, s = case
    root, share = line_4_factors(schedule, t, s)
    x_t, eps_hat = torch.tensor([[x]], dtype=torch.float64), torch.tensor([[eps]], dtype=torch.float64)
    bar = schedule.alpha_bars[t].item()
    x_hat_0 = (x_t - math.sqrt(1 - bar) * eps_hat) / math.sqrt(bar)
    mean = step_gaussian(step_coefficients(schedule, "ddpm", 0.0, t, s), x_t, Prediction(eps_hat, x_hat_0)).mean
    torch.testing.assert_close(mean, root * (x_t - share * eps_hat), atol=1e-9, rtol=1e-6)
    if s == t - 1:
        alpha = schedule.alphas[t].item()
        assert root == pytest.approx(alpha**-0.5, rel=1e-9)
        assert share == pytest.approx((1 - alpha) / math.sqrt(1 - bar), rel=1e-6)


def test_line_4_has_no_finite_factor_where_alpha_is_0() -> None:
    assert line_4_factors(rescale_zero_terminal_snr(make_schedule("linear", 10)), 10, 9)[0] == math.inf


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_on_every_schedule(sampler: str, name: str) -> None:
    for schedule in (make_schedule(name, 50), rescale_zero_terminal_snr(make_schedule(name, 50))):
        path = timestep_path(50, 7, "trailing")
        for t, s in zip(path, path[1:], strict=False):
            for strength in (0.0, 0.5, 1.0):
                assert all(map(math.isfinite, step_coefficients(schedule, sampler, strength, t, s)))


def test_clip_keeps_x_t_the_blend_of_what_is_predicted() -> None:
    schedule = make_schedule("linear", 100)
    generator = torch.Generator().manual_seed(0)
    x_t, eps_hat = (2 * torch.randn(5, 1, 3, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    x_hat_0 = (x_t - (1 - schedule.alpha_bars[60]).sqrt() * eps_hat) / schedule.alpha_bars[60].sqrt()
    clipped = clip(schedule, x_t, 60, Prediction(eps_hat, x_hat_0))
    torch.testing.assert_close(clipped.x_hat_0, x_hat_0.clamp(-1, 1))
    torch.testing.assert_close(clipped.eps_hat, eps_from_x_0(schedule, x_t, 60, clipped.x_hat_0))
    inside = x_hat_0.abs() <= 1
    assert bool(inside.any()) and not bool(inside.all())
    torch.testing.assert_close(clipped.eps_hat[inside], eps_hat[inside])


@given(st.data())
def test_paths_fall_to_0_in_as_many_steps_as_asked(data: st.DataObject) -> None:
    T = data.draw(st.integers(1, 3000))
    num_steps = data.draw(st.integers(1, T))
    for spacing in SPACINGS:
        path = timestep_path(T, num_steps, spacing)
        assert len(path) == num_steps + 1 and path[-1] == 0 and path[0] <= T
        assert all(isinstance(t, int) for t in path)
        assert all(s < t for t, s in zip(path, path[1:], strict=False))
        if num_steps == T:
            assert path == tuple(range(T, -1, -1))
    assert timestep_path(T, num_steps, "trailing")[0] == T


@pytest.mark.parametrize("spacing", SPACINGS)
def test_paths_are_diffusers_timesteps_plus_one(spacing: str) -> None:
    for T, every in ((1, 1), (2, 1), (3, 1), (17, 1), (100, 1), (333, 7), (1000, 49)):
        for num_steps in {*range(1, T + 1, every), T}:
            scheduler = DDPMScheduler(num_train_timesteps=T, timestep_spacing=spacing)
            scheduler.set_timesteps(num_steps)
            theirs = (np.asarray(scheduler.timesteps) + 1).tolist()
            if len(theirs) == num_steps + 1:  # np.arange(T, 0, −T/S) may end one rounding error above 0
                assert spacing == "trailing" and theirs[-1] <= 0, (T, num_steps)
                del theirs[-1]
            assert timestep_path(T, num_steps, spacing) == (*theirs, 0), (T, num_steps)


@pytest.mark.parametrize("num_steps", [0, -1, 11, 10**12, 2.0, True, None, math.nan])
def test_a_bad_number_of_steps_is_refused(num_steps: object) -> None:
    with pytest.raises(ValueError, match=r"num_steps must be a whole number in \[1, 10\], got .*; a chain"):
        timestep_path(10, num_steps)  # type: ignore[arg-type]


def test_unknown_names_and_strengths_are_refused() -> None:
    schedule = make_schedule("linear", 10)
    with pytest.raises(ValueError, match="unknown spacing 'even'; choose one of leading, linspace, trailing"):
        timestep_path(10, 5, "even")
    with pytest.raises(ValueError, match="unknown sampler 'euler'; choose one of ddpm, ddim"):
        step_coefficients(schedule, "euler", 0.0, 2, 1)
    for strength in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"η or w must be a number in \[0, 1\], got"):
            step_coefficients(schedule, "ddim", strength, 2, 1)
