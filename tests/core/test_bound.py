"""The prior term of the bound."""

import math

import pytest
import torch
from hypothesis import given, settings

from ddpm_playground.core import make_schedule, prior_kl, rescale_zero_terminal_snr

from ..strategies import schedules


@settings(deadline=None, derandomize=True)
@given(schedules())
def test_it_is_the_mean_kl_over_data(schedule):
    alpha_bar = schedule.alpha_bars[-1]
    x_0 = torch.tensor([-0.7, 0.1, 0.9], dtype=torch.float64)
    q = torch.distributions.Normal(alpha_bar.sqrt() * x_0, (1 - alpha_bar).sqrt())
    want = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean() / math.log(2)
    assert prior_kl(schedule, float(x_0.square().mean())) == pytest.approx(float(want), rel=1e-6, abs=1e-12)


def test_no_signal_costs_nothing_and_no_noise_everything():
    assert prior_kl(rescale_zero_terminal_snr(make_schedule("linear"))) == 0
    assert prior_kl(make_schedule("constant", 5, beta=0.0)) == math.inf


@pytest.mark.parametrize("power", [-1.0, math.nan, math.inf])
def test_bad_power_is_refused(power):
    with pytest.raises(ValueError, match="data_power must be"):
        prior_kl(make_schedule("linear"), power)
