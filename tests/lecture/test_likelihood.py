"""The likelihood chapter against exact products of probabilities and a search over θ."""

import json
import math
from fractions import Fraction

import pytest
import torch

from ddpm_playground.lecture.likelihood import (
    EDGES,
    HIGHS,
    LOWS,
    MIDDLES,
    NUM_BINS,
    Theta,
    fit,
    lines,
    log_bins,
    over_mean,
)
from ddpm_playground.ui.chapters.likelihood_page import DRAWN, LIKELIHOOD
from ddpm_playground.ui.chapters.magnitude import power_of_ten

THETAS = [Theta(0.8, 0.8), Theta(-0.3, 1.2, 2.0), Theta(2.9, 0.3, 0.5)]


def bins(theta: Theta) -> torch.Tensor:
    """P_θ by Φ itself."""
    below = sum(torch.erfc((theta.mean + side * theta.apart / 2 - EDGES) / (theta.width * 2**0.5)) for side in (-1, 1))
    assert isinstance(below, torch.Tensor)
    area = below.diff()
    return area / area.sum()


@pytest.mark.parametrize("theta", THETAS)
def test_the_bins_are_the_bells_areas(theta: Theta) -> None:
    found = log_bins(*(torch.tensor(v, dtype=torch.float64) for v in theta)).exp()
    torch.testing.assert_close(found, bins(theta), atol=1e-14, rtol=0)


def test_a_bin_of_no_weight_keeps_its_logarithm() -> None:
    mean, width, apart = (torch.tensor(v, dtype=torch.float64) for v in (-3.0, 0.1, 0.0))
    last = float(log_bins(mean, width, apart)[-1])
    # Φ(−u) ≈ φ(u)/u · (1 − 1/u²); the bin starts 57.5 widths away, and half of the bell is left of −3.
    u = 57.5
    assert last == pytest.approx(-(u**2) / 2 - math.log(u * math.sqrt(2 * math.pi)) - 1 / u**2 + math.log(2), abs=1e-6)


@pytest.mark.parametrize("theta", THETAS)
def test_every_line_is_the_one_before(theta: Theta) -> None:
    now = lines(DRAWN, theta)
    product = Fraction(1)
    for count, p in zip(DRAWN, bins(theta).tolist(), strict=True):
        product *= Fraction(p) ** count
    logarithm = math.log(product.numerator) - math.log(product.denominator)
    assert now.num_samples == sum(DRAWN)
    assert now.sum_log == pytest.approx(logarithm, rel=1e-9)
    assert now.mean_log == pytest.approx(logarithm / sum(DRAWN), rel=1e-9)
    assert now.kl == pytest.approx(float(torch.nn.functional.kl_div(bins(theta).log(), now.P_data, reduction="sum")))
    entropy = float(torch.distributions.Categorical(now.P_data).entropy())
    assert now.mean_log + now.kl == pytest.approx(-entropy, abs=1e-6)
    assert now.plain_product == pytest.approx(float(product), abs=1e-44)


def test_both_curves_have_one_optimum() -> None:
    for theta in THETAS:
        moving = over_mean(DRAWN, theta)
        assert moving.largest == moving.smallest
        each = [lines(DRAWN, theta._replace(mean=float(m))) for m in moving.mean[::60]]
        torch.testing.assert_close(moving.mean_log[::60], torch.tensor([e.mean_log for e in each], dtype=torch.float64))
        torch.testing.assert_close(moving.kl[::60], torch.tensor([e.kl for e in each], dtype=torch.float64))


@pytest.mark.parametrize("two", [False, True])
def test_the_fit_beats_a_search_of_the_whole_range(two: bool) -> None:
    axes = [torch.linspace(low, high, 41, dtype=torch.float64) for low, high in zip(LOWS, HIGHS, strict=True)]
    mean, width, apart = torch.meshgrid(axes[0], axes[1], axes[2] if two else torch.zeros(1).double(), indexing="ij")
    P_data = torch.tensor(DRAWN, dtype=torch.float64) / sum(DRAWN)
    searched = float((log_bins(mean, width, apart) @ P_data).max())
    theta = fit(DRAWN, two)
    assert two or theta.apart == 0
    assert searched <= lines(DRAWN, theta).mean_log < searched + 0.01


def test_data_drawn_from_a_bell_gives_the_bell_back() -> None:
    theta = fit(tuple((1e6 * bins(Theta(-0.4, 0.7))).round().int().tolist()), False)
    assert theta == pytest.approx((-0.4, 0.7, 0.0), abs=1e-3)


def test_one_full_bin_is_fitted_as_narrow_as_allowed() -> None:
    theta = fit((0,) * 10 + (5,) + (0,) * 13, True)
    assert theta.mean == pytest.approx(float(MIDDLES[10]), abs=0.02) and theta.width < 0.12


def test_no_data_is_told() -> None:
    with pytest.raises(ValueError, match="draw at least one bar"):
        LIKELIHOOD.shown(LIKELIHOOD.read({"counts": [0.2] * NUM_BINS}))


@pytest.mark.parametrize(
    "moved",
    [{}, {"theta": "fitted_one"}, {"theta": "fitted_two"}, {"mean": -3.0, "width": 0.1, "apart": 5.0},
     {"counts": [20.0] * NUM_BINS, "width": 0.1, "mean": 3.0}, {"counts": [0.0] * 23 + [20.0], "theta": "fitted_two"}],
)  # fmt: skip
def test_the_chapter_has_numbers_at_its_corners(moved: dict) -> None:
    shown = LIKELIHOOD.shown(LIKELIHOOD.read(moved))
    json.dumps(shown.blocks, allow_nan=False)
    assert 0 <= shown.answer < 3


def test_the_answer_is_where_the_likelihood_is_largest() -> None:
    left = [0.0] * NUM_BINS
    left[6], left[20], left[21] = 8.0, 5.0, 5.0
    for moved in ({}, {"counts": left, "width": 0.3}, {"counts": left, "width": 0.3, "apart": 3.5}):
        values = LIKELIHOOD.read(moved)
        counts = torch.tensor(values["counts"], dtype=torch.float64)
        means = torch.linspace(-3, 3, 301, dtype=torch.float64).tolist()
        logs = [float(bins(Theta(m, values["width"], values["apart"])).clamp_min(1e-300).log() @ counts) for m in means]
        best = means[max(range(301), key=logs.__getitem__)]
        average, tallest = float(counts @ MIDDLES / counts.sum()), float(MIDDLES[counts.argmax()])
        expected = 1 if abs(best - average) < 0.125 else 0 if abs(best - tallest) < 0.125 else 2
        assert LIKELIHOOD.shown(values).answer == expected


@pytest.mark.parametrize(
    ("log", "said"),
    [(math.log(0.5), r"5.000\times10^{-1}"), (-1000 * math.log(10), r"1.000\times10^{-1000}"),
     (math.log(9.99999), r"1.000\times10^{1}"), (-math.inf, "0")],
)  # fmt: skip
def test_powers_of_ten(log: float, said: str) -> None:
    assert power_of_ten(log) == said
