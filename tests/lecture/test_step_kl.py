"""The KL of a step against torch.distributions and an integral, and what its chapter says of it."""

import json
import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import Prediction, SeededNoise, make_schedule, q_sample
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.lecture.shipped_network import first_of_class
from ddpm_playground.lecture.step_kl import eps_errors, pixel_bells, pixels_by_error, step_kl, step_weights
from ddpm_playground.ui.chapters.step_kl_page import STEP_KL

SCHEDULE = make_schedule("linear")
SHAPE = (1, 1, 4, 4)


def draws(seed: int) -> torch.Tensor:
    return SeededNoise(seed, [0], SHAPE[1:])().double()


def step(t: int, w: float, error: float = 0.3):
    x_0, eps = draws(0).clamp(-1, 1), draws(1)
    return step_kl(SCHEDULE, x_0, eps, eps + error * draws(2), t, w)


@pytest.mark.parametrize("w", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("t", [2, 8, 300, 1000])
def test_measured_formula_and_torch_distributions_agree(t, w):
    found = step(t, w)
    want = kl_divergence(*(Normal(g.mean, g.variance.sqrt()) for g in (found.forward, found.backward)))
    assert found.kl == pytest.approx(float(want.sum()), rel=1e-6)
    assert found.formula == pytest.approx(found.kl, rel=1e-6)
    beta, alpha, alpha_bar = (float(x[t]) for x in (SCHEDULE.betas, SCHEDULE.alphas, SCHEDULE.alpha_bars))
    variance = float(found.backward.variance)
    assert found.weight == pytest.approx(beta**2 / (2 * variance * alpha * (1 - alpha_bar)), rel=1e-9)
    if w == 0:
        assert found.constant == 0


def test_only_the_part_of_the_means_can_be_trained_away():
    assert step(8, 1.0, 0.0).kl == pytest.approx(step(8, 1.0).constant, rel=1e-9)
    assert step(8, 0.0, 0.0).kl == 0


def test_the_means_are_line_4_with_either_noise():
    found, alpha, alpha_bar = step(300, 1.0), float(SCHEDULE.alphas[300]), float(SCHEDULE.alpha_bars[300])
    for gaussian, eps in ((found.forward, draws(1)), (found.backward, draws(1) + 0.3 * draws(2))):
        want = (found.x_t - (1 - alpha) / math.sqrt(1 - alpha_bar) * eps) / math.sqrt(alpha)
        torch.testing.assert_close(gaussian.mean, want, rtol=0, atol=1e-12)


def test_a_pixels_bells_integrate_to_their_kl():
    found = step(8, 1.0)
    pixel = int(pixels_by_error(found)[0])
    bells = pixel_bells(found, pixel, 20_001)
    assert float(torch.trapezoid(bells.forward, bells.grid)) == pytest.approx(1, abs=1e-4)
    integral = float(torch.trapezoid(bells.forward * (bells.forward / bells.backward).log(), bells.grid))
    of_pixel = kl_divergence(*(Normal(m, s) for m, s in zip(bells.means, bells.sigmas, strict=True)))
    assert integral == pytest.approx(float(of_pixel), rel=2e-3)
    gaps = (found.forward.mean - found.backward.mean).abs().flatten()
    assert float(gaps[pixel]) == float(gaps.max())


def test_the_weight_of_beta_tilde_is_larger_and_infinite_at_1():
    large, small = step_weights(SCHEDULE, 0.0), step_weights(SCHEDULE, 1.0)
    assert large[0] == math.inf and bool((large > small).all())
    assert float(small[7]) > 5 * float(small[-1])


def test_errors_are_those_of_single_calls():
    def predict(x_t, t, label=None):
        eps_hat = x_t * (t.view(-1, 1, 1, 1) / 1000)
        return Prediction(eps_hat, eps_hat)

    x_0, ts = draws(0), [2, 70, 1000]
    found = eps_errors(SCHEDULE, predict, x_0, ts, 0, 5)
    for i, t in enumerate(ts):
        eps = SeededNoise(5, [i], SHAPE[1:])().double()
        x_t = q_sample(SCHEDULE, x_0, t, eps)
        assert float(found[i]) == pytest.approx(float((eps - x_t * t / 1000).square().mean()), rel=1e-6)


def test_the_first_of_a_class_is_of_it():
    for c in range(10):
        labels = bundled_digits().labels
        assert labels[first_of_class(c)] == c and not bool((labels[: first_of_class(c)] == c).any())


@pytest.mark.parametrize(
    "raw",
    [{}, {"t": 2, "sigma": "beta_tilde"}, {"t": 1000, "share": 0, "pixel": 784, "digit": 0},
     {"t": 1000, "sigma": "beta_tilde", "share": 0}, {"share": 3.0, "digit": 9}],
)  # fmt: skip
def test_the_chapter_is_finite_and_its_answer_is_computed(raw):
    shown = STEP_KL.shown(STEP_KL.read(raw))
    json.dumps(shown.blocks, allow_nan=False)
    json.dumps(shown.because, allow_nan=False)
    ratio, c, real = (float(shown.because["values"][key]) for key in ("ratio", "c", "real"))
    assert ratio == pytest.approx(0.25 + 0.75 * c / real, rel=1e-3)
    assert shown.answer == (1 if ratio < 0.2505 else 2)


def test_halving_leaves_a_quarter_only_where_the_widths_are_equal():
    answers = {s: STEP_KL.shown(STEP_KL.read({"t": 8, "sigma": s})).answer for s in ("beta", "beta_tilde")}
    assert answers == {"beta": 2, "beta_tilde": 1}
