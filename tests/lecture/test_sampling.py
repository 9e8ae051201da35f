"""Algorithm 2 line by line: line 4 and the chain against formulas written out here."""

import json
import math

import numpy as np
import pytest
import torch

from ddpm_playground.core import Prediction, SeededNoise, step_coefficients, step_gaussian, x_0_from_eps
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.lecture.sampling_lines import (
    NUM_STEPS,
    SIDE_BY_SIDE,
    chains,
    data_mean_square,
    ends,
    line_4,
    num_lines,
    position,
    q_mean_square,
    spread,
)
from ddpm_playground.run import shelf
from ddpm_playground.ui.chapters.sampling_page import SAMPLING


@pytest.fixture(scope="module")
def sevens():
    return chains(7, 0)


def test_lines_are_counted_as_the_algorithm_runs_them():
    """Against the algorithm, written as a loop."""
    ran = [None, 0]
    for _ in range(3):
        ran += [1, 2, 3, 4]
    ran.append(5)
    assert num_lines(3) == len(ran) - 1
    assert [position(k, 3).line for k in range(len(ran))] == ran
    assert [position(k, 3).step for k in range(2, 14)] == [0] * 4 + [1] * 4 + [2] * 4
    for k in (-1, 15):
        with pytest.raises(ValueError, match="k must be a whole number in"):
            position(k, 3)


@pytest.mark.parametrize("add_noise", [True, False])
def test_line_4_holds_in_every_step(sevens, add_noise):
    table, chain = sevens.schedule.alpha_bars, sevens.with_z if add_noise else sevens.without_z
    assert [step.t for step in chain] == list(range(1000, 0, -20)) and chain[-1].s == 0
    for step, following in zip(chain, [*chain[1:], None], strict=True):
        alpha_bar_t, alpha_bar_s = float(table[step.t]), float(table[step.s])
        alpha = alpha_bar_t / alpha_bar_s
        inner = (1 - alpha) / math.sqrt(1 - alpha_bar_t)
        mean = (step.x_t.double() - inner * step.eps_hat.double()) / math.sqrt(alpha)
        sigma = math.sqrt((1 - alpha_bar_s) / (1 - alpha_bar_t) * (1 - alpha)) if add_noise else 0.0
        wanted = mean if step.z is None else mean + sigma * step.z.double()
        parts = line_4(sevens.schedule, step, add_noise)
        assert parts.sigma == pytest.approx(sigma, rel=1e-5, abs=1e-12)
        torch.testing.assert_close(parts.x_s.double(), wanted, atol=2e-6, rtol=0)
        torch.testing.assert_close(parts.x_s, step.x_s, atol=5e-6, rtol=0)
        torch.testing.assert_close(parts.mean + parts.noise, parts.x_s)
        torch.testing.assert_close(parts.difference, step.x_t - parts.removed)
        # And against the Gaussian from which core draws, which is written with x̂_0.
        x_hat_0 = x_0_from_eps(sevens.schedule, step.x_t, step.t, step.eps_hat)
        coefficients = step_coefficients(sevens.schedule, "ddpm", 0.0, step.t, step.s)
        gaussian = step_gaussian(coefficients, step.x_t, Prediction(step.eps_hat, x_hat_0))
        torch.testing.assert_close(parts.mean, gaussian.mean, atol=5e-6, rtol=0)
        assert following is None or torch.equal(step.x_s, following.x_t)
    assert chain[-1].z is None and line_4(sevens.schedule, chain[-1], add_noise).sigma == 0


def test_both_chains_start_alike_and_use_the_network(sevens):
    assert torch.equal(sevens.with_z[0].x_t, sevens.without_z[0].x_t)
    assert torch.equal(sevens.with_z[0].x_t, SeededNoise(0, [0], (1, 28, 28))())
    assert not torch.equal(sevens.with_z[1].x_t, sevens.without_z[1].x_t)
    step, network = sevens.with_z[20], shelf().load("mnist").unet
    with torch.no_grad():
        said = network(step.x_t, step.t - 1, class_labels=torch.tensor([7])).sample
    torch.testing.assert_close(step.eps_hat, said, atol=1e-5, rtol=0)


def test_the_size_of_x_t_is_that_of_noised_digits():
    """Against the mean of x_t² over noised digits of the class."""
    schedule, digits = shelf().load("mnist").schedule, bundled_digits()
    x_0 = digits.x_0(digits.labels == 3)
    assert data_mean_square(3) == pytest.approx(float(x_0.square().mean()))
    eps = SeededNoise(1, range(len(x_0)), x_0.shape[1:])()
    t = torch.tensor([0, 100, 500, 1000])
    for one, wanted in zip(t.tolist(), q_mean_square(schedule, 3, t).tolist(), strict=True):
        alpha_bar = float(schedule.alpha_bars[one])
        x_t = math.sqrt(alpha_bar) * x_0 + math.sqrt(1 - alpha_bar) * eps
        assert float(x_t.square().mean()) == pytest.approx(wanted, rel=0.02)


@pytest.mark.slow
def test_the_screen_shows_every_line(sevens):
    most, pictures = num_lines(NUM_STEPS), []
    for k in (0, 1, 2, 3, 4, 5, 6, 138, most - 4, most - 1, most):
        for z in ("with", "without"):
            found = SAMPLING.shown(SAMPLING.read({"k": k, "z": z, "seed": 0}))
            blocks = json.loads(json.dumps(found.blocks, allow_nan=False))
            assert blocks[0]["lit"] == position(k, NUM_STEPS).line and len(blocks[0]["lines"]) == 6
            blank = [item["note"]["key"].endswith("not_yet") for item in blocks[1]["items"]]
            line = -1 if blocks[0]["lit"] is None else blocks[0]["lit"]
            assert blank == [line < needs for needs in (0, 3, 3, 3, 2, 3)]
            pictures.append(json.dumps(blocks[1]))
    assert len(set(pictures)) > 12
    with_z, without_z = (float(chain[-1].x_s.var()) for chain in (sevens.with_z, sevens.without_z))
    assert without_z < 0.8 * with_z and found.answer == 1
    assert found.because["values"]["with_z"] == pytest.approx(with_z, rel=1e-5)


@pytest.mark.slow
def test_several_ends_are_those_of_the_chains(sevens):
    found = ends(7)
    assert found.with_z.shape == found.without_z.shape == (SIDE_BY_SIDE, 1, 28, 28)
    # The first of them is the chain of seed 0.
    torch.testing.assert_close(found.with_z[:1], sevens.with_z[-1].x_s, atol=1e-3, rtol=0)
    torch.testing.assert_close(found.without_z[:1], sevens.without_z[-1].x_s, atol=1e-3, rtol=0)
    assert spread(found.with_z) == pytest.approx(float(np.var(found.with_z.numpy(), axis=0, ddof=1).mean()), rel=1e-5)
    shown = SAMPLING.shown(SAMPLING.read({})).blocks[2:4]
    said = [block["note"]["values"]["v"] for block in shown]
    assert said == [pytest.approx(spread(of), rel=0.06) for of in found] and said[0] > 2 * said[1]
    assert [len(block["items"]) for block in shown] == [SIDE_BY_SIDE, SIDE_BY_SIDE]


@pytest.mark.slow
def test_without_z_seeds_end_alike():
    """What the note under both chains says: the spread over seeds, per pixel."""
    ran = [chains(7, seed) for seed in range(4)]
    with_z, without_z = (
        float(torch.cat([chain[-1].x_s for chain in runs]).var(0).mean())
        for runs in zip(*((both.with_z, both.without_z) for both in ran), strict=True)
    )
    assert 0 < without_z < 0.5 * with_z
