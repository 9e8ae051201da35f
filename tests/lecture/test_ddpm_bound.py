"""The bound and the exact likelihood of a 1-D DDPM: never crossed, and a gap whose parts are integrated otherwise."""

import json
import math
import re

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import Prediction, continuous_bound, exact_log_p, posterior
from ddpm_playground.lecture.ddpm_bound import (
    DATA,
    REACH,
    X_0,
    bound,
    entropy,
    even_in_log_snr,
    gap,
    log_p,
    over_data,
    points_for,
    predictor,
)
from ddpm_playground.lecture.line_bound import TOLERANCE, line_bound
from ddpm_playground.ui.chapters.ddpm_bound_page import DDPM_BOUND

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


def riemann(T: int, ends: tuple[float, float], x_0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bound and log p_θ at x_0 with E[ε|x_t], written out here and summed over 3,000 and 1,400 places in numpy."""
    log_snr = np.linspace(*(np.log(v / (1 - v)) for v in (1 - ends[0], ends[1])), T)
    bar = np.concatenate([[1.0], 1 / (1 + np.exp(-log_snr))])
    means, variances, weights = (part.numpy()[:, None] for part in DATA)

    def bell(x: np.ndarray, mean: np.ndarray | float, variance: np.ndarray | float) -> np.ndarray:
        return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)

    def step(x: np.ndarray, t: int) -> tuple[float, float, np.ndarray, float]:
        """of x_0, of x_t, mean of p_θ(x_{t−1}|x_t) at x, β_t."""
        alpha = bar[t] / bar[t - 1]
        of_x_0, of_x = (
            math.sqrt(bar[t - 1]) * (1 - alpha) / (1 - bar[t]), math.sqrt(alpha) * (1 - bar[t - 1]) / (1 - bar[t])
        )  # fmt: skip
        total = bar[t] * variances + 1 - bar[t]
        joint = np.log(weights / np.sqrt(total)) - (x - math.sqrt(bar[t]) * means) ** 2 / (2 * total)
        joint = np.exp(joint - joint.max(0))
        each = means + math.sqrt(bar[t]) * variances / total * (x - math.sqrt(bar[t]) * means)
        return of_x_0, of_x, of_x_0 * (joint * each).sum(0) / joint.sum(0) + of_x * x, 1 - alpha

    bound = -0.5 * (1 - bar[T] + bar[T] * x_0**2 - 1 - math.log(1 - bar[T]))
    x = np.linspace(-11, 11, 3001)
    for t in range(1, T + 1):
        of_x_0, of_x, mean, beta = step(x, t)
        if t == 1:
            nats = 0.5 * ((x_0[:, None] - mean) ** 2 / beta + math.log(2 * math.pi * beta))
        else:
            ratio = (1 - bar[t - 1]) / (1 - bar[t])
            off = of_x_0 * x_0[:, None] + of_x * x - mean
            nats = 0.5 * (ratio - 1 - math.log(ratio) + off**2 / beta)
        bound -= (bell(x, math.sqrt(bar[t]) * x_0[:, None], 1 - bar[t]) * nats).sum(1) * (x[1] - x[0])
    x = np.linspace(-7.5, 7.5, 1401)
    mass = bell(x, 0.0, 1.0) * (x[1] - x[0])
    for t in range(T, 1, -1):
        _, _, mean, beta = step(x, t)
        mass = mass @ bell(x, mean[:, None], beta) * (x[1] - x[0])
    _, _, mean, beta = step(x, 1)
    return bound, np.log(mass @ bell(x_0, mean[:, None], beta))


# 50 x_0 of the slider, all along it.
PLACES = [round(place) for place in np.linspace(8, 88, 50)]


@pytest.mark.parametrize(("T", "ends"), [(2, ENDS), (5, (0.2, 0.5)), (13, (0.02, 0.05)), (32, (0.01, 0.005))])
def test_every_x_0_has_the_numbers_of_riemann_sums(T: int, ends: tuple[float, float]) -> None:
    bounds, likelihoods = riemann(T, ends, X_0[PLACES].numpy())
    found = bound(T, *ends, "exact")
    assert np.abs(-found.total[PLACES].numpy() - bounds).max() < 1e-6
    assert np.abs(log_p(T, *ends, "exact")[PLACES].numpy() - likelihoods).max() < 1e-6


@pytest.mark.parametrize("x_0", [-0.25, -0.3, 0.7])
def test_the_screen_shows_them(x_0: float) -> None:
    asked = DDPM_BOUND.read({"x_0": x_0})
    (low,), (high,) = riemann(asked["T"], (asked["beta_1"], asked["alpha_bar_T"]), np.array([x_0]))
    lines = next(block["lines"] for block in DDPM_BOUND.shown(asked).blocks if block["kind"] == "formula")
    at_x_0, at_most, kl = (float(found) for found in re.findall(r"-?\d+\.\d+", "".join(lines))[-3:])
    assert (at_x_0, at_most, kl) == pytest.approx((high, low, high - low), abs=6e-4)
    assert kl == pytest.approx(at_x_0 - at_most, abs=1.01e-4)


@pytest.mark.parametrize("name", ["exact", "network"])
def test_nodes_are_doubled_until_it_does_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = even_in_log_snr(8, 0.01, 0.005)
    predict = predictor(name, schedule)
    found = line_bound(schedule, predict, X_0)
    assert found.error <= TOLERANCE
    monkeypatch.setattr("ddpm_playground.lecture.line_bound.SPACING", found.spacing / 2)
    finer = line_bound(schedule, predict, X_0)
    assert finer.spacing == found.spacing / 2
    assert float((finer.total - found.total).abs().max()) < max(1e-11, found.error / 10)
    monkeypatch.setattr("ddpm_playground.lecture.line_bound.SPACING", 2.0)
    assert line_bound(schedule, predict, X_0).error <= TOLERANCE
    # And by the bound's own way, with Gauss–Hermite nodes enough.
    some = X_0[20:80:12]
    other = continuous_bound(schedule, predict, some[:, None], nodes=240)
    torch.testing.assert_close(found.terms[20:80:12], other.terms, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.prior[20:80:12], other.prior)
    twice = [2 * count for count in points_for(schedule, predict)]
    better = exact_log_p(schedule, predict, X_0[:, None], reach=1.2 * REACH, points=twice)
    assert float((better - log_p(8, 0.01, 0.005, name)).abs().max()) < 1e-6


def test_a_predictor_that_jumps_is_refused() -> None:
    schedule = even_in_log_snr(2, *ENDS)

    def rough(x_t: torch.Tensor, t: int | torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        return Prediction((7 * x_t).sign(), (7 * x_t).sign())

    with pytest.raises(ValueError, match="smoother"):
        line_bound(schedule, rough, X_0)


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
    shown = DDPM_BOUND.shown(asked)
    json.dumps([shown.blocks, shown.because], allow_nan=False)
    ends = asked["beta_1"], asked["alpha_bar_T"]
    one, two = (
        -entropy(DATA) + bound(T, *ends, asked["predictor"]).mean for T in (asked["T"], 2 * asked["T"])
    )  # fmt: skip
    assert shown.answer == (0 if two / one < 0.6 else 1 if two / one < 0.95 else 2)
