"""The bound never lies above the exact log-likelihood of the chain, and lies as far below as theory says."""

import math
from functools import cache

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import Normal

from ddpm_playground.core import (
    ExactEps,
    Schedule,
    SeededNoise,
    continuous_bound,
    discretised_log_likelihood,
    exact_log_p,
    gauss_hermite,
    make_schedule,
    schedule_from_betas,
)

X_0 = torch.tensor([[-0.9], [-0.4], [0.0], [0.35], [0.8]], dtype=torch.float64)
CHAINS = {
    "1 step": schedule_from_betas([0.9]),
    "3 steps": schedule_from_betas([0.05, 0.3, 0.6]),
    "cosine, 8": make_schedule("cosine", 8),
    "linear, 16": make_schedule("linear", 16, beta_start=0.01, beta_end=0.5),
    "sigmoid, 12": make_schedule("sigmoid", 12),
}


def mixture(schedule: Schedule) -> ExactEps:
    means = torch.tensor([[-0.5], [0.6]], dtype=torch.float64)
    variances, weights = (torch.tensor(v, dtype=torch.float64) for v in ([0.09, 0.04], [0.3, 0.7]))
    return ExactEps(schedule, means, variances, weights, labels=torch.tensor([0, 1]))


def gaussian(schedule: Schedule, variance: float) -> ExactEps:
    return ExactEps(schedule, torch.zeros(1, 1, dtype=torch.float64), torch.tensor([variance], dtype=torch.float64))


@cache
def exact(name: str, w: float, clip_x_0: bool) -> torch.Tensor:
    return exact_log_p(CHAINS[name], mixture(CHAINS[name]), X_0, w=w, clip_x_0=clip_x_0, points=1201)


def test_gauss_hermite_integrates_polynomials() -> None:
    places, weights = gauss_hermite(10)
    for power, moment in ((0, 1), (1, 0), (2, 1), (4, 3), (6, 15), (11, 0), (18, 34459425)):
        assert float((weights * places**power).sum()) == pytest.approx(moment, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("w", [0.0, 1.0])
@pytest.mark.parametrize("name", CHAINS)
def test_the_bound_lies_below_the_exact_log_likelihood(name: str, w: float) -> None:
    bound = continuous_bound(CHAINS[name], mixture(CHAINS[name]), X_0, nodes=100, w=w)
    gap = exact(name, w, False) + bound.total
    assert bool((gap >= -1e-6).all()), gap
    assert float(gap.max()) > 1e-3  # it is a bound, not the thing itself
    finer = continuous_bound(CHAINS[name], mixture(CHAINS[name]), X_0, nodes=140, w=w)
    torch.testing.assert_close(bound.total, finer.total, rtol=0, atol=1e-4)


def test_the_bound_of_a_clipped_and_of_a_labelled_chain_too() -> None:
    schedule = CHAINS["linear, 16"]
    clipped = continuous_bound(schedule, mixture(schedule), X_0, nodes=140, clip_x_0=True).total
    assert bool((exact("linear, 16", 1.0, True) + clipped >= -1e-3).all())
    one = torch.ones(len(X_0), dtype=torch.int64)
    labelled = continuous_bound(schedule, mixture(schedule), X_0, nodes=100, label=one).total
    log_p = exact_log_p(schedule, mixture(schedule), X_0, label=1, points=1201)
    assert bool((log_p + labelled >= -1e-6).all())
    assert float(log_p[0]) < float(exact("linear, 16", 1.0, False)[0]) - 1  # class 1 is rare at −0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["3 steps", "cosine, 8", "linear, 16"])
def test_monte_carlo_agrees_with_quadrature(name: str) -> None:
    """Within 3 standard errors, term by term in sum and for every x_0; and so below the exact one."""
    schedule, count = CHAINS[name], 4000
    quadrature = continuous_bound(schedule, mixture(schedule), X_0, nodes=100)
    drawn = continuous_bound(
        schedule, mixture(schedule), X_0.repeat_interleave(count, 0), SeededNoise(3, range(len(X_0) * count), (1,))
    )
    totals = drawn.total.reshape(len(X_0), count)
    error = totals.std(1) / math.sqrt(count)
    assert bool(((totals.mean(1) - quadrature.total).abs() < 3 * error).all())
    assert bool((totals.mean(1) + exact(name, 1.0, False) > -3 * error).all())
    parts = drawn.terms.reshape(len(X_0), count, -1)
    off = (parts.mean(1) - quadrature.terms) / (parts.std(1) / math.sqrt(count)).clamp_min(1e-12)
    assert float(off.abs().max()) < 4.5  # the largest of up to 80
    torch.testing.assert_close(drawn.prior[::count], quadrature.prior)


@pytest.mark.parametrize("w", [0.0, 0.5, 1.0])
def test_the_grid_finds_the_gaussian_that_a_linear_chain_ends_in(w: float) -> None:
    """For Gaussian data the chain is linear: its variance follows v ← slope² v + σ², from v = 1."""
    schedule, variance, v = CHAINS["linear, 16"], 0.3, 1.0
    for t in range(schedule.T, 0, -1):
        bar, before = float(schedule.alpha_bars[t]), float(schedule.alpha_bars[t - 1])
        beta, tilde = float(schedule.betas[t]), float(schedule.beta_tildes[t])
        gain = math.sqrt(bar) * variance / (bar * variance + 1 - bar)  # x̂_0 = gain · x_t
        alpha = float(schedule.alphas[t])
        slope = (math.sqrt(before) * beta * gain + math.sqrt(alpha) * (1 - before)) / (1 - bar)
        v = slope**2 * v + (beta if t == 1 else tilde ** (1 - w) * beta**w)
    got = exact_log_p(schedule, gaussian(schedule, variance), X_0, w=w, points=1201)
    want = Normal(X_0.new_tensor(0.0), math.sqrt(v)).log_prob(X_0[:, 0])
    torch.testing.assert_close(got, want, rtol=0, atol=1e-10)


def test_one_step_is_one_integral() -> None:
    schedule = CHAINS["1 step"]
    predict, t = mixture(schedule), torch.ones(1, dtype=torch.int64)

    def density(x_1: float, x_0: float) -> float:
        mean = float(predict(torch.tensor([[x_1]], dtype=torch.float64), t).x_hat_0)
        return math.exp(-0.5 * ((x_0 - mean) ** 2 / 0.9 + x_1**2)) / (2 * math.pi * math.sqrt(0.9))

    want = [math.log(quad(density, -9, 9, args=(x_0,))[0]) for x_0 in X_0[:2, 0].tolist()]
    assert exact("1 step", 1.0, False)[:2].tolist() == pytest.approx(want, abs=1e-7)


def test_levels_have_probabilities_that_sum_to_one() -> None:
    levels = torch.arange(256, dtype=torch.float64)[:, None] / 127.5 - 1
    schedule = CHAINS["3 steps"]
    log_p = exact_log_p(schedule, mixture(schedule), levels, decoder=discretised_log_likelihood, points=801)
    assert float(log_p.exp().sum()) == pytest.approx(1, abs=1e-8)
    at = torch.tensor([40, 128, 200])
    density = exact_log_p(schedule, mixture(schedule), levels[at], points=801)
    torch.testing.assert_close(log_p[at], density + math.log(2 / 255), rtol=0, atol=2e-3)


def gap_of_gaussian_data(T: int, variance: float = 0.5) -> tuple[float, float]:
    """E of the bound less the entropy of the data in nats, by quadrature; and the same from its closed form.

    The gap of an exact ε̂ is KL(q(x_T)‖N(0, 1)) + Σ KL(q(x_{t−1}|x_t) ‖ p_θ(x_{t−1}|x_t)), all of one mean.
    """
    schedule = make_schedule("linear", T, beta_start=0.1 / T, beta_end=20 / T)
    places, weights = gauss_hermite(20)
    x_0 = math.sqrt(variance) * places[:, None]
    total = float(continuous_bound(schedule, gaussian(schedule, variance), x_0, nodes=20).total @ weights)
    entropy = 0.5 * math.log(2 * math.pi * math.e * variance)
    v = [float(bar) * variance + 1 - float(bar) for bar in schedule.alpha_bars]
    ratios = [v[T]]
    for t in range(1, T + 1):
        # x_{t−1} ~ N(0, v[t−1]) seen through √α_t and noise β_t
        alpha, beta = float(schedule.alphas[t]), float(schedule.betas[t])
        ratios.append(1 / (alpha / beta + 1 / v[t - 1]) / beta)
    return total - entropy, sum(0.5 * (r - 1 - math.log(r)) for r in ratios)


def test_the_gap_falls_as_one_over_T() -> None:
    """Twice the steps, half the gap, and each gap the one that the closed form has."""
    gaps = {}
    for T in (25, 50, 100, 200):
        gaps[T], closed = gap_of_gaussian_data(T)
        assert gaps[T] == pytest.approx(closed, abs=1e-8)
    assert 0 < gaps[200] < gaps[25] / 6
    assert gaps[100] / gaps[200] == pytest.approx(2, abs=0.15)


def test_what_cannot_be_integrated_is_refused() -> None:
    schedule = CHAINS["3 steps"]
    predict, wide = mixture(schedule), torch.zeros(2, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match="either noise"):
        continuous_bound(schedule, predict, X_0)
    with pytest.raises(ValueError, match="one dimension"):
        continuous_bound(schedule, predict, wide, nodes=8)
    with pytest.raises(ValueError, match="one dimension"):
        exact_log_p(schedule, predict, wide)
    with pytest.raises(ValueError, match="too coarse"):
        exact_log_p(schedule, predict, X_0, points=40)
    with pytest.raises(ValueError, match="at most 6000 fit"):
        exact_log_p(make_schedule("linear", 10, beta_start=1e-7), predict, X_0)
    far = schedule_from_betas([0.5, 0.5])
    with pytest.raises(ValueError, match="raise reach"):
        exact_log_p(far, ExactEps(far, torch.full((1, 1), 30.0, dtype=torch.float64)), X_0)
