"""ExactEps against brute force, against the score, and against whatever else one could predict."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddpm_playground.core import (
    ExactEps,
    Schedule,
    eps_from_score,
    eps_from_v,
    make_schedule,
    prediction_from,
    q_sample,
    rescale_zero_terminal_snr,
    v_from_eps,
    x_0_from_v,
)
from tests.strategies import schedules

SCHEDULE = make_schedule("linear", 100, beta_end=0.1)
TIMES = [1, 10, 50, 100]
MEANS = torch.tensor([[-1.0], [0.3], [0.9]], dtype=torch.float64)
VARIANCES = torch.tensor([0.01, 0.2, 0.05], dtype=torch.float64)
WEIGHTS = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
MIXTURE = ExactEps(SCHEDULE, MEANS, VARIANCES, WEIGHTS)


def normal(x: np.ndarray, mean: np.ndarray | float, variance: np.ndarray | float) -> np.ndarray:
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def p_x_0(x_0: np.ndarray) -> np.ndarray:
    shares = (WEIGHTS / WEIGHTS.sum()).numpy()
    parts = zip(shares, MEANS[:, 0].numpy(), VARIANCES.numpy(), strict=True)
    return sum(share * normal(x_0, mean, variance) for share, mean, variance in parts)


@pytest.mark.parametrize("t", TIMES)
def test_posterior_mean_by_brute_force(t: int) -> None:
    """E[x_0 | x_t] = ∫ x_0 p(x_0) q(x_t|x_0) dx_0 / ∫ p(x_0) q(x_t|x_0) dx_0 on a fine grid."""
    x_0 = np.linspace(-5, 5, 200_001)
    bar = SCHEDULE.alpha_bars[t].item()
    x_t = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    expected = []
    for x in x_t[:, 0].tolist():
        joint = p_x_0(x_0) * normal(np.full_like(x_0, x), math.sqrt(bar) * x_0, 1 - bar)
        expected.append([(x_0 * joint).sum() / joint.sum()])
    prediction = MIXTURE(x_t, t)
    torch.testing.assert_close(prediction.x_hat_0, torch.tensor(expected, dtype=torch.float64), atol=1e-8, rtol=1e-8)
    blend = math.sqrt(bar) * prediction.x_hat_0 + math.sqrt(1 - bar) * prediction.eps_hat
    torch.testing.assert_close(blend, x_t)


@pytest.mark.parametrize("t", TIMES)
def test_log_q_is_the_density_of_x_t(t: int) -> None:
    """It integrates to 1, and equals ∫ p(x_0) q(x_t|x_0) dx_0."""
    x = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    density = MIXTURE.log_q(x[:, None], t).exp()
    assert torch.trapezoid(density, x).item() == pytest.approx(1.0, abs=1e-9)
    x_0, bar = np.linspace(-5, 5, 100_001), SCHEDULE.alpha_bars[t].item()
    expected = np.trapezoid(p_x_0(x_0) * normal(np.full_like(x_0, 0.4), math.sqrt(bar) * x_0, 1 - bar), x_0)
    found = MIXTURE.log_q(torch.tensor([[0.4]], dtype=torch.float64), t).exp().item()
    assert found == pytest.approx(expected, rel=1e-7)


@given(schedules(), st.integers(0, 2**31), st.integers(1, 4), st.booleans())
def test_eps_is_minus_the_numerical_score(schedule: Schedule, seed: int, K: int, points: bool) -> None:
    """ε̂ = −√(1−ᾱ_t) ∇ log q(x_t), with ∇ by central differences, in three dimensions."""
    generator = torch.Generator().manual_seed(seed)
    means = torch.randn(K, 3, generator=generator, dtype=torch.float64)
    variances = None if points else torch.rand(K, generator=generator, dtype=torch.float64)
    exact = ExactEps(schedule, means, variances)
    t = int(torch.randint(1, schedule.T + 1, (), generator=generator))
    spread = (1 - schedule.alpha_bars[t]).sqrt()
    x_t = q_sample(schedule, means, t, torch.randn(K, 3, generator=generator, dtype=torch.float64))
    h = 1e-5 * spread
    score = torch.zeros_like(x_t)
    for d in range(3):
        aside = torch.zeros(3, dtype=torch.float64)
        aside[d] = h
        score[:, d] = (exact.log_q(x_t + aside, t) - exact.log_q(x_t - aside, t)) / (2 * h)
    expected = eps_from_score(schedule, t, score)
    torch.testing.assert_close(exact(x_t, t).eps_hat, expected, atol=1e-4, rtol=1e-4)


def test_one_gaussian_in_closed_form() -> None:
    """x̂_0 = μ + √ᾱ σ² / (ᾱ σ² + 1 − ᾱ) · (x_t − √ᾱ μ)."""
    exact = ExactEps(SCHEDULE, torch.full((1, 2, 2), 0.5).double(), torch.tensor([0.09]).double())
    x_t = torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(2, 2, 2)
    for t in TIMES:
        bar = SCHEDULE.alpha_bars[t].item()
        gain = math.sqrt(bar) * 0.09 / (bar * 0.09 + 1 - bar)
        torch.testing.assert_close(exact(x_t, t).x_hat_0, 0.5 + gain * (x_t - math.sqrt(bar) * 0.5))


@pytest.mark.parametrize("t", TIMES)
def test_a_finite_data_set_by_brute_force(t: int) -> None:
    """x̂_0 = Σ_k x_k exp(−‖x_t − √ᾱ x_k‖²/(2(1−ᾱ))) / Σ_k exp(…), by loops."""
    generator = torch.Generator().manual_seed(5)
    data = torch.randn(7, 1, 2, 2, generator=generator, dtype=torch.float64)
    x_t = torch.randn(3, 1, 2, 2, generator=generator, dtype=torch.float64)
    bar = SCHEDULE.alpha_bars[t].item()
    expected = torch.zeros_like(x_t)
    for i, x in enumerate(x_t):
        distances = [float(((x - math.sqrt(bar) * x_k) ** 2).sum()) for x_k in data]
        shares = [math.exp(-(d - min(distances)) / (2 * (1 - bar))) for d in distances]
        expected[i] = sum(share * x_k for share, x_k in zip(shares, data, strict=True)) / sum(shares)
    torch.testing.assert_close(ExactEps(SCHEDULE, data)(x_t, t).x_hat_0, expected)


def test_a_finite_data_set_is_recognised_early_and_forgotten_late() -> None:
    data = torch.eye(4, dtype=torch.float64)
    exact, none = ExactEps(make_schedule("linear"), data), torch.zeros(4, 4, dtype=torch.float64)
    x_1 = q_sample(exact.schedule, data, 1, none)
    torch.testing.assert_close(exact(x_1, 1).x_hat_0, data)
    late = exact(none, 1000).x_hat_0
    torch.testing.assert_close(late, data.mean(0).expand(4, 4))


def test_many_points_are_weighed_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    data, x_t = torch.randn(50, 3, generator=generator), torch.randn(6, 3, generator=generator)
    t = torch.tensor([1, 2, 5, 30, 70, 100])
    by_pairs = ExactEps(SCHEDULE, data)(x_t, t)
    monkeypatch.setattr("ddpm_playground.core.predictor.MOST_DIFFERENCES", 0)
    by_products = ExactEps(SCHEDULE, data)(x_t, t)
    torch.testing.assert_close(by_products.x_hat_0, by_pairs.x_hat_0, rtol=1e-4, atol=1e-4)
    assert by_products.x_hat_0.dtype == torch.float32


def test_no_other_predictor_has_a_smaller_loss() -> None:
    """E‖ε − ε̂‖² is least at E[ε | x_t]: any other function of x_t and t does worse."""
    generator = torch.Generator().manual_seed(6)
    n = 20_000
    k = torch.multinomial(WEIGHTS, n, replacement=True, generator=generator)
    unit, eps = (torch.randn(n, 1, generator=generator, dtype=torch.float64) for _ in range(2))
    x_0 = MEANS[k] + VARIANCES[k].sqrt()[:, None] * unit
    t = torch.randint(1, 101, (n,), generator=generator)
    x_t = q_sample(SCHEDULE, x_0, t, eps)
    best = MIXTURE(x_t, t).eps_hat
    loss = ((eps - best) ** 2).mean()
    for other in (torch.zeros_like(best), 0.9 * best, 1.1 * best, best + 0.1, best + 0.1 * x_t, x_t):
        assert ((eps - other) ** 2).mean() > loss


def test_a_label_picks_its_own_components() -> None:
    labels = torch.tensor([0, 1, 1])
    both = ExactEps(SCHEDULE, MEANS, VARIANCES, WEIGHTS, labels)
    own = ExactEps(SCHEDULE, MEANS[1:], VARIANCES[1:], WEIGHTS[1:])
    x_t = torch.linspace(-1, 1, 4, dtype=torch.float64)[:, None]
    for t in (5, torch.tensor([5, 5, 5, 5])):
        torch.testing.assert_close(both(x_t, t, torch.ones(4, dtype=torch.int64)), own(x_t, t))
        torch.testing.assert_close(both(x_t, t, torch.full((4,), -1)), MIXTURE(x_t, t))
        torch.testing.assert_close(both(x_t, t), MIXTURE(x_t, t))


def test_a_batch_of_times_is_each_time_by_itself() -> None:
    x_t, t = torch.linspace(-1, 1, 4, dtype=torch.float64)[:, None], torch.tensor(TIMES)
    together = MIXTURE(x_t, t)
    for i, u in enumerate(TIMES):
        alone = MIXTURE(x_t[i : i + 1], u)
        torch.testing.assert_close(together.eps_hat[i : i + 1], alone.eps_hat)
        torch.testing.assert_close(together.x_hat_0[i : i + 1], alone.x_hat_0)


@pytest.mark.parametrize("shape", [(2,), (1, 4, 4), (3, 2, 5)])
def test_shapes_are_those_of_the_data_in_float32(shape: tuple[int, ...]) -> None:
    exact = ExactEps(SCHEDULE, torch.zeros(6, *shape), torch.ones(6))
    prediction = exact(torch.ones(4, *shape), torch.tensor(TIMES))
    assert prediction.eps_hat.shape == prediction.x_hat_0.shape == (4, *shape)
    assert prediction.eps_hat.dtype == torch.float32 and bool(torch.isfinite(prediction.eps_hat).all())


def test_every_prediction_type_says_the_same() -> None:
    generator = torch.Generator().manual_seed(7)
    x_0, eps = (torch.randn(4, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    t = torch.tensor(TIMES)
    x_t = q_sample(SCHEDULE, x_0, t, eps)
    said = {"epsilon": eps, "v_prediction": v_from_eps(SCHEDULE, x_0, t, eps), "sample": x_0}
    for kind, value in said.items():
        prediction = prediction_from(SCHEDULE, kind, x_t, t, value)
        torch.testing.assert_close(prediction.eps_hat, eps, msg=kind)
        torch.testing.assert_close(prediction.x_hat_0, x_0, msg=kind)


def test_prediction_types_where_no_signal_is_left() -> None:
    schedule = rescale_zero_terminal_snr(SCHEDULE)
    x_t = v = torch.ones(1, 1, dtype=torch.float64)
    prediction = prediction_from(schedule, "v_prediction", x_t, 100, v)
    torch.testing.assert_close(prediction.x_hat_0, x_0_from_v(schedule, x_t, 100, v))
    torch.testing.assert_close(prediction.eps_hat, eps_from_v(schedule, x_t, 100, v))
    with pytest.raises(ValueError, match="use v- or x_0-prediction, or a schedule with ᾱ_T > 0"):
        prediction_from(schedule, "epsilon", x_t, 100, v)
    with pytest.raises(ValueError, match="prediction_type must be epsilon, v_prediction or sample, got 'flow'"):
        prediction_from(schedule, "flow", x_t, 1, v)


@pytest.mark.parametrize(
    "arguments,fragment",
    [
        ({"variances": torch.ones(2)}, "variances must have shape (3,), one for each mean, got (2,)"),
        ({"weights": torch.ones(3, 1)}, "weights must have shape (3,), one for each mean, got (3, 1)"),
        ({"labels": torch.ones(4)}, "labels must have shape (3,), one for each mean, got (4,)"),
        ({"variances": torch.tensor([1.0, -0.5, 0.0])}, "variances must not be negative, got -0.5"),
        ({"variances": torch.tensor([1.0, math.nan, 0.0])}, "variances must not be negative, got nan"),
        ({"weights": torch.tensor([1.0, -1.0, 1.0])}, "weights must not be negative and not all zero"),
        ({"weights": torch.zeros(3)}, "weights must not be negative and not all zero"),
        ({"weights": torch.tensor([1.0, math.nan, 1.0])}, "weights must not be negative and not all zero"),
    ],
)
def test_bad_mixtures_are_refused(arguments: dict, fragment: str) -> None:
    with pytest.raises(ValueError) as error:
        ExactEps(SCHEDULE, torch.zeros(3, 2), **arguments)
    assert fragment in str(error.value)


def test_bad_questions_are_refused() -> None:
    x = torch.zeros(1, 1, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"t must be in \[1, 100\], got 0"):
        MIXTURE(x, 0)
    with pytest.raises(ValueError, match="a label was given but this predictor knows no labels"):
        MIXTURE(x, 1, torch.zeros(1, dtype=torch.int64))
    known = ExactEps(SCHEDULE, MEANS, VARIANCES, WEIGHTS, torch.tensor([0, 1, 1]))
    with pytest.raises(ValueError, match="no component has label 9; labels are 0, 1, or -1 for all"):
        known(x, 1, torch.tensor([9]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("given", [torch.float32, torch.float64, torch.int64])
def test_the_answer_has_the_type_of_x_t(dtype: torch.dtype, given: torch.dtype) -> None:
    means = torch.tensor([[-1.0, 0.0], [1.0, 2.0]]).to(given)
    exact = ExactEps(make_schedule("linear"), means, torch.tensor([0.5, 0.25], dtype=torch.float64))
    same = ExactEps(make_schedule("linear"), means.to(dtype), torch.tensor([0.5, 0.25], dtype=dtype))
    x_t = torch.tensor([[0.3, -0.2]], dtype=dtype)
    for got, want in zip(exact(x_t, 300), same(x_t, 300), strict=True):
        assert got.dtype == dtype
        torch.testing.assert_close(got, want)
