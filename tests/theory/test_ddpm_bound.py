"""The bound and the exact likelihood of a 1-D DDPM: never crossed, and a gap whose parts are integrated otherwise."""

import json
import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import continuous_bound, posterior
from ddpm_playground.theory.ddpm_bound import (
    DATA,
    NODES,
    X_0,
    bound,
    entropy,
    even_in_log_snr,
    gap,
    log_p,
    over_data,
)
from ddpm_playground.ui.theory.ddpm_bound import DDPM_BOUND

ENDS = (0.05, 0.1)


def test_the_schedule_keeps_its_ends_and_log_snr_falls_evenly() -> None:
    for T in (2, 7, 64):
        schedule = even_in_log_snr(T, *ENDS)
        assert [float(schedule.betas[1]), float(schedule.alpha_bars[-1])] == pytest.approx(list(ENDS))
        falls = schedule.log_snr[1:].diff()
        assert falls.tolist() == pytest.approx([float(falls[0])] * (T - 1))
    with pytest.raises(ValueError, match="lower β_1"):
        even_in_log_snr(4, 0.6, 0.5)


@pytest.mark.parametrize("name", ["exact", "network"])
def test_the_bound_never_passes_the_likelihood(name: str) -> None:
    for T in (2, 8):
        likelihood, found = log_p(T, *ENDS, name), bound(T, *ENDS, name)
        assert torch.all(likelihood + found.total > 0)
        assert float(torch.trapezoid(likelihood.exp(), X_0)) == pytest.approx(1.0, abs=0.02)
        assert float(over_data(likelihood)) < -entropy(DATA)
        assert -found.mean == pytest.approx(-(found.prior + float(found.terms.sum())))


def test_the_likelihood_is_that_of_simulated_chains() -> None:
    schedule = even_in_log_snr(2, *ENDS)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200_000, 1, generator=generator, dtype=torch.float64)
    for t in (2, 1):
        x_hat_0 = DATA.exact_eps(schedule)(x, t).x_hat_0
        mean = posterior(schedule, x, x_hat_0, t, t - 1).mean
        x = mean + schedule.betas[t].sqrt() * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    edges = torch.linspace(-2, 2, 11, dtype=torch.float64)
    share = torch.histogram(x[:, 0], edges).hist / len(x)
    density = log_p(2, *ENDS, "exact").exp()
    # The edges are 8 spacings of X_0 apart, the first at index 8.
    expected = [float(torch.trapezoid(density[i : i + 9], X_0[i : i + 9])) for i in range(8, 88, 8)]
    assert share.tolist() == pytest.approx(expected, abs=0.006)


def test_enough_nodes_for_the_integral_over_eps() -> None:
    for T, ends in ((8, ENDS), (32, (0.01, 0.005))):
        schedule = even_in_log_snr(T, *ends)
        many = continuous_bound(schedule, DATA.exact_eps(schedule), X_0[:, None], nodes=2 * NODES)
        assert float(over_data(many.total)) == pytest.approx(bound(T, *ends, "exact").mean, abs=1e-4)


def test_the_parts_of_the_gap_are_integrals_over_q_and_add_up() -> None:
    T = 3
    schedule, parts = even_in_log_snr(T, *ENDS), gap(3, *ENDS, "exact")
    exact = DATA.exact_eps(schedule)
    x = torch.linspace(-6, 6, 1201, dtype=torch.float64)
    width = float(x[1] - x[0])

    def log_q(t: int) -> torch.Tensor:
        return DATA.density.log_prob(x) if t == 0 else exact.log_q(x[:, None], t)

    def step(t: int) -> float:
        """E KL(q(x_{t−1}|x_t) ‖ p_θ(x_{t−1}|x_t)) by brute force over both."""
        forward = Normal((1 - schedule.betas[t]).sqrt() * x[:, None], schedule.betas[t].sqrt()).log_prob(x[None])
        back = forward + log_q(t - 1)[:, None] - log_q(t)[None]
        mean = posterior(schedule, x[:, None], exact(x[:, None], t).x_hat_0, t, t - 1).mean[:, 0]
        model = Normal(mean[None], schedule.betas[t].sqrt()).log_prob(x[:, None])
        joint = (forward + log_q(t - 1)[:, None]).exp()
        return float((joint * (back - model)).sum()) * width**2

    assert parts.prior == pytest.approx(
        float((log_q(T).exp() * (log_q(T) - Normal(0.0, 1.0).log_prob(x))).sum()) * width, abs=1e-8
    )
    assert parts.decoder == pytest.approx(step(1), abs=1e-5)
    assert parts.steps == pytest.approx(step(2) + step(3), abs=1e-5)
    assert parts.network == 0.0
    assert -entropy(DATA) - parts.total == pytest.approx(-bound(T, *ENDS, "exact").mean, abs=1e-6)


def test_the_gap_falls_to_its_floor() -> None:
    few, many = (gap(T, *ENDS, "exact") for T in (16, 64))
    assert many.steps < 0.35 * few.steps
    assert (many.prior, many.decoder) == pytest.approx((few.prior, few.decoder), abs=1e-5)
    assert 0 < gap(8, *ENDS, "network").network < 0.2


def test_l_T_is_the_kl_averaged_over_the_data() -> None:
    schedule = even_in_log_snr(4, *ENDS)
    end = Normal(schedule.alpha_bars[-1].sqrt() * X_0, (1 - schedule.alpha_bars[-1]).sqrt())
    expected = float(over_data(kl_divergence(end, Normal(0.0, 1.0))))
    assert bound(4, *ENDS, "exact").prior == pytest.approx(expected, abs=1e-9)
    assert math.isclose(float(over_data(torch.ones_like(X_0))), 1.0, abs_tol=1e-9)


@pytest.mark.parametrize(
    "values",
    [{}, {"T": 2, "x_0": -2, "beta_1": 0.2, "alpha_bar_T": 0.5}, {"T": 32, "beta_1": 0.01, "alpha_bar_T": 0.005},
     {"predictor": "network", "beta_1": 0.01, "alpha_bar_T": 0.005}],
)  # fmt: skip
def test_the_chapter_shows_finite_blocks_and_answers_by_the_gaps(values: dict) -> None:
    asked = DDPM_BOUND.read(values)
    shown = DDPM_BOUND.compute(asked, "v")
    json.dumps([shown.blocks, shown.because], allow_nan=False)
    ends = asked["beta_1"], asked["alpha_bar_T"]
    one, two = (
        -entropy(DATA) + bound(T, *ends, asked["predictor"]).mean for T in (asked["T"], 2 * asked["T"])
    )  # fmt: skip
    assert shown.answer == (0 if two / one < 0.6 else 1 if two / one < 0.95 else 2)
