"""DDIM is Euler on flow matching's path, and Euler in σ/α; each formula undoes the other."""

import pytest
import torch

from ddpm_playground.core import (
    ExactEps,
    Sampling,
    ddim_euler,
    eps_from_u,
    flow_euler,
    flow_point,
    flow_time,
    flow_velocity,
    level,
    make_schedule,
    q_sample,
    reverse,
    timestep_path,
    x_0_from_u,
    x_t_from_flow,
)
from ddpm_playground.core.schedule import SCHEDULES

GENERATOR = torch.Generator().manual_seed(0)
X_0, EPS = (torch.randn(6, 2, generator=GENERATOR, dtype=torch.float64) for _ in range(2))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("t", [1, 37, 100])
def test_the_same_blend_up_to_scale(name: str, t: int) -> None:
    schedule = make_schedule(name, 100)
    x_t, tau, u = q_sample(schedule, X_0, t, EPS), flow_time(schedule, t, X_0), flow_velocity(X_0, EPS)
    point = flow_point(schedule, x_t, t)
    torch.testing.assert_close(point, (1 - tau) * X_0 + tau * EPS, atol=1e-12, rtol=0)
    torch.testing.assert_close(x_t_from_flow(schedule, point, t), x_t)
    torch.testing.assert_close(x_0_from_u(schedule, x_t, t, u), X_0, atol=1e-10, rtol=0)
    torch.testing.assert_close(eps_from_u(schedule, x_t, t, u), EPS, atol=1e-10, rtol=0)
    if schedule.alpha_bars[t] > 0:
        torch.testing.assert_close(2 * ((1 - tau) / tau).log().squeeze(), schedule.log_snr[t], atol=1e-6, rtol=1e-9)


def test_the_ends_of_the_clock() -> None:
    schedule = make_schedule("linear", 100)
    assert float(flow_time(schedule, 0, X_0)) == 0.0
    assert 0.5 < float(flow_time(schedule, 100, X_0)) < 1.0


@pytest.mark.parametrize("name", ["linear", "cosine", "sigmoid"])
@pytest.mark.parametrize("num_steps", [3, 20])
def test_ddim_is_euler_of_the_flow_and_euler_in_sigma_over_alpha(name: str, num_steps: int) -> None:
    schedule = make_schedule(name, 100)
    predict = ExactEps(schedule, X_0)
    path = timestep_path(100, num_steps, "trailing")
    start = 3 * EPS
    steps = list(reverse(schedule, predict, start, path, lambda: EPS, Sampling("ddim", clip_x_0=False)))
    by_flow, by_ratio = start, start
    for step in steps:
        at = torch.full((6,), step.t)
        eps_hat, x_hat_0 = predict(by_flow, at)
        by_flow = flow_euler(schedule, by_flow, step.t, step.s, flow_velocity(x_hat_0, eps_hat))
        by_ratio = ddim_euler(schedule, by_ratio, step.t, step.s, predict(by_ratio, at).eps_hat)
        torch.testing.assert_close(by_flow, step.x_s, atol=1e-6, rtol=0)
        torch.testing.assert_close(by_ratio, step.x_s, atol=1e-6, rtol=0)


def test_no_step_of_ratios_from_pure_noise() -> None:
    schedule = make_schedule("laplace", 10)
    if float(schedule.alpha_bars[-1]) == 0:
        with pytest.raises(ValueError, match="ᾱ_t = 0"):
            ddim_euler(schedule, X_0, 10, 5, EPS)
    assert float(level(schedule, 10, X_0).noise) > 0.9
