"""The lower bound against sampling, integration and Bayes' rule on a grid."""

import json

import pytest
import torch

from ddpm_playground.lecture.lower_bound import (
    Model,
    bound,
    bound_over_mean,
    evidence,
    gaps_left,
    gaussian,
    log_density,
    true_posterior,
)
from ddpm_playground.ui.chapters.lower_bound_page import LOWER_BOUND, MODEL

Normal = torch.distributions.Normal
GRID = torch.linspace(-12, 12, 48_001, dtype=torch.float64)
CASES = [(MODEL, 2.3, (-0.4, 1.0)), (MODEL, -4.0, (3.0, 0.1)), (Model(-0.7, 0.0, 2.0), 1.0, (0.2, 1.4))]


def joint(model: Model, x: float) -> torch.Tensor:
    """log p(x, z) on the grid."""
    noise = Normal(model.a * GRID + model.b, model.sigma)
    return Normal(0.0, 1.0).log_prob(GRID) + noise.log_prob(torch.tensor(x, dtype=torch.float64))


@pytest.mark.parametrize(("model", "x", "q"), CASES)
def test_the_evidence_and_the_posterior_are_those_of_the_grid(model: Model, x: float, q: tuple) -> None:
    p = torch.trapezoid(joint(model, x).exp(), GRID)
    assert float(log_density(evidence(model), x)) == pytest.approx(float(p.log()), abs=1e-9)
    exact = true_posterior(model, x)
    torch.testing.assert_close(log_density(exact, GRID).exp(), joint(model, x).exp() / p, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("model", "x", "q"), CASES)
def test_log_p_is_bound_plus_gap(model: Model, x: float, q: tuple) -> None:
    now = bound(model, x, gaussian(q[0], q[1] ** 2))
    # As tensors: from plain numbers Normal works in float32.
    mean, width = (torch.tensor(v, dtype=torch.float64) for v in q)
    density = Normal(mean, width).log_prob(GRID)
    by_definition = torch.trapezoid(density.exp() * (joint(model, x) - density), GRID)
    assert now.bound == pytest.approx(float(by_definition), abs=1e-8)
    assert now.integrated == pytest.approx(now.bound, abs=1e-9)
    assert now.bound + now.gap == pytest.approx(now.log_p, abs=1e-9)
    assert now.fits - now.prior_kl == now.bound and now.gap > 0


@pytest.mark.parametrize("x", [-4.0, 0.5, 5.0])
def test_the_gap_is_zero_only_where_q_is_right(x: float) -> None:
    right = true_posterior(MODEL, x)
    assert bound(MODEL, x, right).gap == pytest.approx(0, abs=1e-14)
    for mean, variance in ((0.01, 1.0), (0.0, 1.02), (0.0, 0.98)):
        assert bound(MODEL, x, gaussian(float(right.mean) + mean, float(right.variance) * variance)).gap > 1e-5


def test_the_curve_is_the_bound_and_ends_at_the_posterior() -> None:
    mean = torch.linspace(-3, 3, 601, dtype=torch.float64)
    curve = bound_over_mean(MODEL, 2.3, 0.49, mean)
    each = [bound(MODEL, 2.3, gaussian(float(m), 0.49)).bound for m in mean[::50]]
    torch.testing.assert_close(curve[::50], torch.tensor(each, dtype=torch.float64))
    assert float(mean[curve.argmax()]) == pytest.approx(float(true_posterior(MODEL, 2.3).mean), abs=0.005)


@pytest.mark.parametrize(
    ("moved", "answer"),
    [({}, 0), ({"mean": 0.93, "width": 2.5}, 1), ({"q": "posterior"}, 2), ({"q": "posterior", "x": -4.0}, 2),
     ({"mean": 3.0, "width": 0.1, "x": -4.0}, 0)],
)  # fmt: skip
def test_the_chapter_has_numbers_and_the_right_answer(moved: dict, answer: int) -> None:
    values = LOWER_BOUND.read(moved)
    shown = LOWER_BOUND.shown(values)
    json.dumps(shown.blocks, allow_nan=False)
    assert shown.answer == answer
    right = true_posterior(MODEL, values["x"])
    q = right if values["q"] == "posterior" else gaussian(values["mean"], values["width"] ** 2)
    left, there = gaps_left(MODEL, values["x"], q), Normal(right.mean, right.variance.sqrt())
    for found, one in ((left.by_mean, (right.mean, q.variance)), (left.by_width, (q.mean, right.variance))):
        expected = torch.distributions.kl_divergence(Normal(one[0], one[1].sqrt()), there)
        assert found == pytest.approx(float(expected), abs=1e-9)
