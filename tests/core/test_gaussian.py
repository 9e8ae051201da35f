"""The closed forms: Bayes' rule, Chapman–Kolmogorov and inverses, for random β and any s < t."""

import math

import pytest
import torch
from hypothesis import given
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import (
    Gaussian,
    Schedule,
    eps_from_score,
    eps_from_v,
    eps_from_x_0,
    kl,
    make_schedule,
    posterior,
    q,
    q_between,
    q_sample,
    q_step,
    rescale_zero_terminal_snr,
    schedule_from_betas,
    score_from_eps,
    v_from_eps,
    x_0_from_eps,
    x_0_from_v,
)
from tests.strategies import any_beta, schedule_t_s, schedules, values

ONE, NONE = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)


def close(actual: torch.Tensor, expected: torch.Tensor, atol: float = 1e-9, rtol: float = 1e-7) -> None:
    torch.testing.assert_close(actual, expected.expand_as(actual), atol=atol, rtol=rtol)


def batch(schedule: Schedule, seed: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, ...]:
    """x_0 and ε of shape (T,1,2,2) and t = 1…T."""
    generator = torch.Generator().manual_seed(seed)
    x_0, eps = (torch.randn(schedule.T, 1, 2, 2, generator=generator, dtype=dtype) for _ in range(2))
    return x_0, eps, torch.arange(1, schedule.T + 1)


def log_density(gaussian: Gaussian, x: torch.Tensor) -> torch.Tensor:
    return -0.5 * ((x - gaussian.mean) ** 2 / gaussian.variance + torch.log(2 * math.pi * gaussian.variance))


@given(schedule_t_s(any_beta))
def test_posterior_marginalised_over_q_x_t_is_q_x_s(case: tuple[Schedule, int, int]) -> None:
    schedule, t, s = case
    for x_0 in (NONE, ONE):
        of_t, of_s = q(schedule, x_0, t), q(schedule, x_0, s)
        back = posterior(schedule, of_t.mean, x_0, t, s)
        slope = posterior(schedule, ONE, NONE, t, s).mean
        close(back.mean, of_s.mean)
        close(back.variance + slope**2 * of_t.variance, of_s.variance)


@given(schedule_t_s(min_s=1), values, values, values)
def test_posterior_is_bayes_rule(case: tuple[Schedule, int, int], x_0: float, x_s: float, x_t: float) -> None:
    """log q(x_s|x_t,x_0) = log q(x_t|x_s) + log q(x_s|x_0) − log q(x_t|x_0), point by point."""
    schedule, t, s = case
    clean, early, late = (v * ONE for v in (x_0, x_s, x_t))
    left = log_density(posterior(schedule, late, clean, t, s), early)
    right = (
        log_density(q_between(schedule, early, s, t), late)
        + log_density(q(schedule, clean, s), early)
        - log_density(q(schedule, clean, t), late)
    )
    close(left, right, atol=1e-6, rtol=1e-6)


@given(schedule_t_s(any_beta))
def test_single_steps_composed_are_one_transition(case: tuple[Schedule, int, int]) -> None:
    schedule, t, s = case
    mean, variance = ONE, NONE
    for u in range(s + 1, t + 1):
        step = q_step(schedule, mean, u)
        mean, variance = step.mean, q_step(schedule, ONE, u).mean ** 2 * variance + step.variance
    whole = q_between(schedule, ONE, s, t)
    close(whole.mean, mean)
    close(whole.variance, variance)


@given(schedule_t_s(any_beta))
def test_one_step_of_the_posterior_is_ho_et_al_equation_7(case: tuple[Schedule, int, int]) -> None:
    schedule, t, _ = case
    bar_t, bar_s = schedule.alpha_bars[t].item(), schedule.alpha_bars[t - 1].item()
    beta, x_0, x_t = schedule.betas[t].item(), 0.7, -1.3
    back = posterior(schedule, x_t * ONE, x_0 * ONE, t, t - 1)
    close(back.variance, schedule.beta_tildes[t].reshape(1, 1))
    if bar_t < 1:
        mean = (math.sqrt(bar_s) * beta * x_0 + math.sqrt(1 - beta) * (1 - bar_s) * x_t) / (1 - bar_t)
        close(back.mean, mean * ONE)
    if t == 1 and bar_t < 1:
        close(back.mean, x_0 * ONE)


@given(schedules())
def test_conversions_are_inverses(schedule: Schedule) -> None:
    x_0, eps, t = batch(schedule, 1)
    x_t = q_sample(schedule, x_0, t, eps)
    v = v_from_eps(schedule, x_0, t, eps)
    scale = {"atol": 1e-5, "rtol": 1e-5}  # √ᾱ_t may be 1e-30: dividing by it magnifies the rounding of x_t
    kept = schedule.alpha_bars[1:] > 1e-9
    close(x_0_from_eps(schedule, x_t, t, eps)[kept], x_0[kept], **scale)
    close(eps_from_x_0(schedule, x_t, t, x_0), eps)
    close(x_0_from_v(schedule, x_t, t, v), x_0)
    close(eps_from_v(schedule, x_t, t, v), eps)
    close(eps_from_score(schedule, t, score_from_eps(schedule, t, eps)), eps)


@given(schedules())
def test_score_is_the_gradient_of_log_q(schedule: Schedule) -> None:
    x_0, eps, t = batch(schedule, 2)
    x_t = q_sample(schedule, x_0, t, eps).requires_grad_()
    mean, variance = q(schedule, x_0, t)
    (gradient,) = torch.autograd.grad(log_density(Gaussian(mean, variance), x_t).sum(), x_t)
    close(score_from_eps(schedule, t, eps), gradient, atol=1e-6)


@given(schedules(any_beta))
def test_a_batch_of_times_is_each_time_by_itself(schedule: Schedule) -> None:
    x_0, eps, t = batch(schedule, 3)
    x_t = q_sample(schedule, x_0, t, eps)
    for i, u in enumerate(t.tolist()):
        one = slice(i, i + 1)
        close(x_t[one], q_sample(schedule, x_0[one], u, eps[one]), atol=0, rtol=0)
        together, alone = posterior(schedule, x_t, x_0, t, t - 1), posterior(schedule, x_t[one], x_0[one], u, u - 1)
        close(together.mean[one], alone.mean, atol=0, rtol=0)
        close(together.variance[one], alone.variance, atol=0, rtol=0)


def test_sample_is_mean_plus_root_of_variance_times_noise() -> None:
    schedule = make_schedule("cosine", 50)
    x_0, eps, t = batch(schedule, 4)
    mean, variance = q(schedule, x_0, t)
    close(q_sample(schedule, x_0, t, eps), mean + variance.sqrt() * eps)
    close(q_sample(schedule, x_0, 0, eps), x_0, atol=0, rtol=0)


def test_float32_keeps_the_first_step_s_noise() -> None:
    """Tables in float32 would lose 1.7e-4 of 1 − ᾱ_1 on the linear schedule; ours are cast at the edge."""
    variance = q(make_schedule("linear"), torch.zeros(1, 3), 1).variance
    assert variance.dtype == torch.float32
    torch.testing.assert_close(variance.double(), torch.full((1, 1), 1e-4).double(), rtol=1e-7, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 1, 4, 4), (3, 3, 2, 5)])
def test_shapes_and_types_are_those_of_the_data(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    schedule = make_schedule("linear", 10)
    x, t = torch.ones(shape, dtype=dtype), torch.tensor([1, 5, 10])
    for out in (
        q_sample(schedule, x, t, x), x_0_from_eps(schedule, x, t, x), eps_from_x_0(schedule, x, t, x),
        v_from_eps(schedule, x, t, x), x_0_from_v(schedule, x, t, x), eps_from_v(schedule, x, t, x),
        q(schedule, x, t).mean, q_step(schedule, x, t).mean, posterior(schedule, x, x, t, t - 1).mean,
    ):  # fmt: skip
        assert out.shape == shape and out.dtype == dtype


@given(values, values)
def test_kl_is_torch_s(a: float, b: float) -> None:
    p, r = Gaussian(a * ONE, (0.1 + b * b) * ONE), Gaussian(b * ONE, (0.2 + a * a) * ONE)
    theirs = kl_divergence(Normal(p.mean, p.variance.sqrt()), Normal(r.mean, r.variance.sqrt()))
    close(kl(p, r), theirs)
    close(kl(p, p), NONE)


def test_v_works_where_no_signal_is_left_and_eps_is_refused() -> None:
    schedule = rescale_zero_terminal_snr(make_schedule("linear", 10))
    x_0, eps = 0.3 * ONE, -1.2 * ONE
    x_t = q_sample(schedule, x_0, 10, eps)
    close(x_t, eps)
    close(x_0_from_v(schedule, x_t, 10, v_from_eps(schedule, x_0, 10, eps)), x_0)
    with pytest.raises(ValueError, match="x_0 cannot be had from ε where ᾱ_t = 0.*use v- or x_0-prediction"):
        x_0_from_eps(schedule, x_t, 10, eps)


def test_there_is_no_noise_at_t_0() -> None:
    schedule = make_schedule("linear", 10)
    for call in (lambda: eps_from_x_0(schedule, ONE, 0, ONE), lambda: score_from_eps(schedule, 0, ONE)):
        with pytest.raises(ValueError, match="there is no noise to name where ᾱ_t = 1, got t = 0"):
            call()


@pytest.mark.parametrize(
    "t,fragment",
    [
        (-1, "t must be in [0, 10], got -1"),
        (11, "t must be in [0, 10], got 11"),
        (torch.tensor([3, 11]), "t must be in [0, 10], got [3, 11]"),
        (2.0, "t must be whole numbers, got torch.float32"),
        (torch.tensor([1.0]), "t must be whole numbers, got torch.float32"),
        (True, "t must be whole numbers, got torch.bool"),
    ],
)
def test_a_bad_t_is_refused(t: object, fragment: str) -> None:
    schedule = make_schedule("linear", 10)
    for call in (q, x_0_from_v_of_ones, eps_from_x_0_of_ones):
        with pytest.raises(ValueError) as error:
            call(schedule, ONE, t)
        assert fragment in str(error.value)


def x_0_from_v_of_ones(schedule: Schedule, x: torch.Tensor, t) -> torch.Tensor:
    return x_0_from_v(schedule, x, t, x)


def eps_from_x_0_of_ones(schedule: Schedule, x: torch.Tensor, t) -> torch.Tensor:
    return eps_from_x_0(schedule, x, t, x)


def test_steps_against_the_direction_are_refused() -> None:
    schedule = make_schedule("linear", 10)
    with pytest.raises(ValueError, match="s must not exceed t, got s = 5, t = 3; swap them"):
        q_between(schedule, ONE, 5, 3)
    with pytest.raises(ValueError, match="steps back from t to s < t, got t = 3, s = 3; lower s"):
        posterior(schedule, ONE, ONE, 3, 3)
    with pytest.raises(ValueError, match="s must be in .0, 10., got -1"):
        posterior(schedule, ONE, ONE, 3, -1)
    with pytest.raises(ValueError, match="t must be in .1, 10., got 0"):
        q_step(schedule, ONE, 0)


def test_a_long_strong_schedule_underflows_without_harm() -> None:
    """ᾱ_t falls below the smallest float64: single steps still are single steps."""
    schedule = schedule_from_betas([0.5] * 2000)
    assert schedule.alpha_bars[-1] == 0
    close(q_between(schedule, ONE, 1999, 2000).variance, 0.5 * ONE)
    back = posterior(schedule, ONE, ONE, 2000, 1999)
    close(back.variance, 0.5 * ONE)
    close(back.mean, math.sqrt(0.5) * ONE)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
def test_t_may_be_of_any_whole_type(dtype: torch.dtype) -> None:
    x_0 = torch.ones(2, 3)
    narrow, wide = (q(make_schedule("linear"), x_0, torch.tensor([1, 9], dtype=d)).mean for d in (dtype, torch.int64))
    torch.testing.assert_close(narrow, wide)


@pytest.mark.parametrize("t", [None, "3", torch.tensor(1j), torch.tensor(True), 1.5, torch.tensor([1, 2, 3])])
def test_a_t_that_is_none_is_refused(t: object) -> None:
    with pytest.raises(ValueError, match="^t must be"):
        q(make_schedule("linear"), torch.ones(2, 3), t)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_pictures_of_integers_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="pictures must be of floats"):
        q(make_schedule("linear"), torch.ones(2, 3, dtype=dtype), 5)
