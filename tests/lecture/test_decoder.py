"""The decoder chapter against torch.distributions, a turn by 90° and a brute-force integral."""

import json
import math

import pytest
import torch

from ddpm_playground.lecture.picture_decoder import Compared, compare, generate, log_integral, log_p, marginal
from ddpm_playground.ui.chapters.decoder_page import DECODER, DRAWS, MADE_AT, observed
from ddpm_playground.ui.chapters.digit import digit

DIGIT = digit(7)


def z(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_three_units_of_z_are_a_quarter_turn() -> None:
    turned = generate(DIGIT, z(0.0, 3.0, -3.0))
    for k, one in zip((0, 1, -1), turned, strict=True):
        # Bicubic at a quarter turn reads single pixels, up to a rounding of the grey level.
        either = min((one - torch.rot90(DIGIT[0], side * k, (1, 2))).abs().max() for side in (1, -1))
        assert either <= 1.01 / 127.5


def test_what_lies_beyond_the_edge_is_black() -> None:
    white = generate(torch.ones(1, 1, 28, 28), z(1.5))
    assert float(white[0, 0, 0, 0]) == -1 and float(white[0, 0, 14, 14]) == 1


def test_distances_and_matches_are_counted_pixel_by_pixel() -> None:
    x, at = digit(3), z(-1.2, 0.3)
    found = compare(x, DIGIT, at)
    for i, one in enumerate(generate(DIGIT, at)):
        pairs = list(zip(x.flatten().tolist(), one.flatten().tolist(), strict=True))
        assert float(found.squared[i]) == pytest.approx(math.fsum((a - b) ** 2 for a, b in pairs), rel=1e-5)
        assert int(found.matching[i]) == sum(a == b for a, b in pairs)


@pytest.mark.parametrize("sigma", [0.05, 0.25, 1.0])
def test_log_p_is_the_gaussian_around_g(sigma: float) -> None:
    x, at = digit(3), z(0.4)
    g = generate(DIGIT, at)
    found = log_p(compare(x, DIGIT, at).squared, sigma, x.numel())
    expected = torch.distributions.Normal(g.double(), sigma).log_prob(x.double()).sum()
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_the_average_over_z_is_the_mean_of_the_densities() -> None:
    squared = torch.tensor([1.0, 2.0, 7.5, 0.0], dtype=torch.float64)
    found = marginal(Compared(z(0, 1, 2, 3), squared, torch.tensor([3, 0, 3, 4])), 0.8, 4)
    each = [math.exp(-s / 1.28) / (2 * math.pi * 0.64) ** 2 for s in squared.tolist()]
    assert math.exp(found.log) == pytest.approx(sum(each) / 4)
    assert found.effective == pytest.approx(sum(each) ** 2 / sum(e * e for e in each))
    assert (found.equal, found.exact) == (1, 0.25)


def test_the_integral_of_a_line_is_the_known_gaussian() -> None:
    # ‖x − G(z)‖² = (x − z)² makes x ~ N(0, 1 + σ²).
    along = torch.linspace(-8, 8, 3201, dtype=torch.float64)
    found = log_integral(Compared(along, (1.3 - along) ** 2, torch.zeros_like(along)), 0.5, 1)
    assert found.error < 1e-9 and found.log == pytest.approx(
        float(torch.distributions.Normal(0.0, 1.25**0.5).log_prob(torch.tensor(1.3))), abs=1e-6
    )


def test_sampled_and_integrated_agree_where_many_z_count() -> None:
    x, along, drawn = observed("made")
    over = marginal(drawn, 1.0, x.numel())
    assert over.effective > 50
    integral = log_integral(along, 1.0, x.numel())
    assert 0 < integral.error < 1e-3
    assert over.log == pytest.approx(integral.log, abs=3 * over.relative_error) and over.relative_error < 0.15


def test_too_few_z_are_no_estimate() -> None:
    for which, sigma, sign in (("real", 0.05, r"\gtrsim"), ("made", 1.0, r"\pm")):
        rows = DECODER.shown(DECODER.read({"x": which, "sigma": sigma})).blocks[6]["rows"]
        sampled, integrated = (row["value"] for row in rows[-2:])
        assert sign in sampled and float(rows[-3]["value"]) < 5 or sign == r"\pm"
        assert (r"\pm" in integrated) == (which == "real")


def test_an_exact_match_is_nearly_never_met() -> None:
    for which, most in (("made", DRAWS // 100), ("real", 0)):
        x, along, drawn = observed(which)
        assert int((drawn.matching == x.numel()).sum()) <= most
        met = along.z[along.matching == x.numel()]
        assert len(met) <= 20 and (len(met) > 0) == (which == "made")
        assert len(met) == 0 or float((met - MADE_AT).abs().max()) < 0.02


@pytest.mark.parametrize(
    "moved",
    [{}, {"z": MADE_AT}, {"z": MADE_AT, "sigma": 0.05}, {"x": "real", "z": -3.0, "sigma": 0.05},
     {"x": "real", "z": 3.0, "sigma": 1.0}],
)  # fmt: skip
def test_the_chapter_has_numbers_and_the_right_answer(moved: dict) -> None:
    values = DECODER.read(moved)
    shown = DECODER.shown(values)
    json.dumps(shown.blocks, allow_nan=False)
    x, g = observed(values["x"])[0], generate(DIGIT, z(values["z"]))
    logs = [
        float(torch.distributions.Normal(g, s).log_prob(x).double().sum())
        for s in (values["sigma"] * 0.99, values["sigma"])
    ]
    assert shown.answer == (0 if logs[0] > logs[1] else 1)
    exact = shown.blocks[6]["rows"][1]["value"]
    assert exact == str(int(values["x"] == "made" and values["z"] == MADE_AT))
