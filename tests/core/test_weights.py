"""Training weights against what they stand for."""

import pytest
import torch

from ddpm_playground.core import SCHEDULES, WEIGHTS, log_snr_density, make_schedule, posterior


def test_the_bound_s_weight_is_the_kl_between_posteriors_of_two_eps():
    """KL(q(x_{t−1}|x_t, x_0) ‖ the same with ε off by δ) = weight · ‖δ‖² (Ho et al. 2020, eq. 12), with σ_t² = β_t."""
    schedule, delta = make_schedule("linear", 50, beta_end=0.3), 0.1
    x_t = torch.zeros(1, dtype=torch.float64)
    for t in (2, 10, 50):
        means = []
        for eps in (0.0, delta):
            alpha_bar = schedule.alpha_bars[t]
            x_0 = (x_t - (1 - alpha_bar).sqrt() * eps) / alpha_bar.sqrt()
            means.append(posterior(schedule, x_t, x_0, t, t - 1).mean)
        kl = (means[0] - means[1]).square() / (2 * schedule.betas[t])
        assert float(WEIGHTS["bound"](schedule)[t - 1]) * delta**2 == pytest.approx(float(kl), rel=1e-9)


def test_min_snr_and_p2_are_bounded_by_simple():
    schedule = make_schedule("cosine")
    simple = WEIGHTS["simple"](schedule)
    for name in ("min_snr", "p2"):
        weights = WEIGHTS[name](schedule)
        assert bool((weights <= simple).all()) and float(weights[-1]) == pytest.approx(1.0, abs=1e-3)
        assert weights.tolist() == sorted(weights.tolist())


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name not in ("sigmoid",)])
def test_the_density_of_log_snr_has_area_1(name):
    schedule = make_schedule(name)
    density, log_snr = log_snr_density(schedule), schedule.log_snr[1:]
    keep = torch.isfinite(density)
    assert float(torch.trapezoid(density[keep], -log_snr[keep])) == pytest.approx(1.0, abs=0.02)


def test_where_log_snr_is_infinite_there_is_no_density():
    schedule = make_schedule("constant", 3, beta=0.0)
    assert bool(torch.isnan(log_snr_density(schedule)).all())
