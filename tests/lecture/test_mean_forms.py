"""The three forms of the mean against exact fractions, and what the chapter says of them."""

import json
from fractions import Fraction

import pytest
import torch

from ddpm_playground.core import ExactEps, SeededNoise, make_schedule, schedule_from_betas
from ddpm_playground.lecture.mean_forms import clipped_forms, gaps_of, mean_forms, unclipped_run
from ddpm_playground.ui.chapters.gain import gain_for, gain_text
from ddpm_playground.ui.chapters.mean_forms_page import MEAN_FORMS

SCHEDULE = make_schedule("linear")
SHAPE = (1, 3, 3)


def draws(seed: int) -> torch.Tensor:
    return SeededNoise(seed, [0], SHAPE)().double()


def test_all_forms_are_the_mean_in_exact_fractions():
    # With ᾱ_1 = 16/25 and ᾱ_2 = 9/25 every root in sight is rational: √ᾱ_2 = 3/5, √(1−ᾱ_2) = 4/5, √α_2 = 3/4.
    schedule = schedule_from_betas([1 - 16 / 25, 1 - 9 / 16])
    x, e = Fraction(1, 3), Fraction(-7, 5)
    x_0 = (x - Fraction(4, 5) * e) / Fraction(3, 5)
    # Bayes' rule on two Gaussians in x_1: N(√ᾱ_1 x_0, 1−ᾱ_1) and that of x_2 = √α_2 x_1 + √β_2 ε.
    beta, prior = Fraction(7, 16), Fraction(9, 25)
    precision = 1 / prior + Fraction(9, 16) / beta
    want = (Fraction(4, 5) * x_0 / prior + Fraction(3, 4) * x / beta) / precision
    x_t, eps_hat = (torch.full((1, 1), float(v), dtype=torch.float64) for v in (x, e))
    for form in mean_forms(schedule, x_t, 2, 1, eps_hat):
        assert float(form) == pytest.approx(float(want), rel=1e-14)


@pytest.mark.parametrize(("t", "s"), [(1, 0), (2, 1), (300, 299), (300, 240), (1000, 0)])
def test_the_forms_agree_to_rounding_in_either_precision(t, s):
    x_t, eps_hat = 2 * draws(0), draws(1)
    found = mean_forms(SCHEDULE, x_t, t, s, eps_hat)
    # 1 − ᾱ_t keeps 12 digits at the first t. From T in one step the means are in the hundreds.
    assert found.gap < 2e-12
    want, size = found.from_eps, max(1.0, float(found.from_eps.abs().max()))
    assert mean_forms(SCHEDULE, x_t.float(), t, s, eps_hat.float()).gap < 1e-6 * size
    for form in mean_forms(SCHEDULE, x_t.float(), t, s, eps_hat.float()):
        assert form.dtype == torch.float32
        torch.testing.assert_close(form.double(), want, rtol=0, atol=1e-6 * size)


def test_clipping_parts_the_forms_where_it_clips_and_remaking_eps_joins_them():
    x_t, eps_hat = draws(0), draws(1)
    kept, remade = clipped_forms(SCHEDULE, x_t, 300, 299, eps_hat)
    alpha_bar = float(SCHEDULE.alpha_bars[300])
    outside = ((x_t - (1 - alpha_bar) ** 0.5 * eps_hat) / alpha_bar**0.5).abs() > 1
    assert 0 < int(outside.sum()) < outside.numel()
    assert bool((((kept.from_x_0 - kept.from_eps).abs() > 1e-9) == outside).all())
    assert remade.gap < 1e-13


def test_a_run_visits_both_ends_and_its_gaps_are_those_of_its_steps():
    data = torch.tensor([-0.8, 0.1, 0.9]).reshape(3, 1, 1, 1)
    predict = ExactEps(SCHEDULE, data, labels=torch.zeros(3, dtype=torch.int64))
    run = unclipped_run(SCHEDULE, predict, (1, 1, 1), 0, 4, 10)
    assert [run[0].t, run[-1].t, run[-1].s] == [1000, 1, 0] and len(run) == 10
    # The last mean is x̂_0 itself, and the exact predictor's is one of the data.
    assert float((data.flatten() - run[-1].x_s.flatten()).abs().min()) < 1e-3
    for one_step in (True, False):
        gaps = gaps_of(SCHEDULE, run, one_step)
        t, s, x_t, eps_hat, _ = run[3]
        assert float(gaps.t[3]) == t
        assert float(gaps.single[3]) == mean_forms(SCHEDULE, x_t, t, t - 1 if one_step else s, eps_hat).gap
        assert float(gaps.double.max()) < 1e-13 < 1e-9 > float(gaps.remade.max())


@pytest.mark.parametrize("raw", [{}, {"t": 1}, {"t": 1000, "hop": "stride"}, {"t": 1, "hop": "stride"}])
def test_the_chapter_is_finite_and_its_answer_is_computed(raw):
    shown = MEAN_FORMS.shown(MEAN_FORMS.read(raw))
    json.dumps(shown.blocks, allow_nan=False)
    apart, outside, total = (shown.because["values"][key] for key in ("apart", "outside", "total"))
    assert apart == outside and total == 784
    assert shown.answer == (0 if outside == 0 else 1 if outside == total else 2)
    ledger = next(block for block in shown.blocks if block["kind"] == "numbers")
    assert len(ledger["rows"]) == 7


def test_over_the_real_networks_run_float32_is_a_rounding_apart():
    from ddpm_playground.ui.chapters.mean_forms_page import _gaps

    gaps = _gaps(3, 0, True)
    assert len(gaps.t) == 50
    assert 1e-8 < float(gaps.single.max()) < 5e-6
    assert float(gaps.double.max()) < 1e-13
    assert float(gaps.clipped.max()) > 1e-4 > 1e-12 > float(gaps.remade.max())


@pytest.mark.parametrize(
    ("most", "gain", "told"), [(0.016, 50, "50"), (4.7e-7, 2e6, "2·10⁶"), (0.0, 1, "1"), (3.0, 0.2, "2·10⁻¹")]
)
def test_a_gain_fills_the_range_without_leaving_it(most, gain, told):
    x = torch.tensor([most, -most / 2])
    assert gain_for(x) == pytest.approx(gain) and gain_text(gain_for(x)) == told
