"""The chapter's three bells against torch.distributions and integration."""

import pytest
import torch
from torch.distributions import Normal

from ddpm_playground.core import make_schedule
from ddpm_playground.lecture.posterior import bells

SCHEDULE = make_schedule("linear")


@pytest.mark.parametrize("t", [2, 3, 4, 24, 200, 1000])
@pytest.mark.parametrize("x_0,x_t", [(0.6, -0.4), (-1.0, 3.0), (0.0, 0.0)])
def test_the_product_is_the_posterior_however_far_apart_the_bells_are(t: int, x_0: float, x_t: float) -> None:
    three = bells(SCHEDULE, x_0, x_t, t)
    for bell in (three.grid, three.prior, three.likelihood, three.product, three.exact):
        assert bool(torch.isfinite(bell).all())
    assert bool((three.grid.diff() >= 0).all())
    # Bayes by hand: precisions add, means are weighed by them.
    alpha, before = float(SCHEDULE.alphas[t]), float(SCHEDULE.alpha_bars[t - 1])
    prior = Normal(before**0.5 * x_0, (1 - before) ** 0.5)
    likelihood = Normal(x_t / alpha**0.5, ((1 - alpha) / alpha) ** 0.5)
    precisions = [1 / bell.variance for bell in (prior, likelihood)]
    variance = 1 / sum(precisions)
    mean = variance * (prior.mean * precisions[0] + likelihood.mean * precisions[1])
    want = Normal(mean, variance.sqrt()).log_prob(three.grid).exp()
    height = float(want.max())
    assert float((three.exact - want).abs().max()) < 1e-4 * height
    assert float((three.product - want).abs().max()) < 1e-4 * height
    for got, bell in ((three.prior, prior), (three.likelihood, likelihood)):
        torch.testing.assert_close(got, bell.log_prob(three.grid).exp(), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("t", [2, 3, 24])
def test_the_likelihood_and_the_product_are_in_sight(t: int) -> None:
    three = bells(SCHEDULE, 0.6, -0.4, t)
    for bell in (three.likelihood, three.product):
        assert float(torch.trapezoid(bell, three.grid)) == pytest.approx(1.0, abs=0.01)
