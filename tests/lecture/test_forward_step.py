"""q(x_t | x_{t−1}): the chain against a plain loop, variances against simulation, the loss against integration."""

import json
import math

import pytest
import torch
from torch.distributions import Normal

from ddpm_playground.core import SeededNoise, schedule_from_betas
from ddpm_playground.lecture.forward_step import (
    film,
    learned,
    loss_by_t,
    measured_variances,
    misplaced,
    standardised,
    variances_without_roots,
)
from ddpm_playground.lecture.line_data import DATA, train_small
from ddpm_playground.ui.chapters.forward_step_page import FORWARD_STEP, REFERENCE, T

BETAS = (0.1, 0.4, 0.02, 0.7)


def test_the_film_is_root_times_x_plus_root_times_noise() -> None:
    x = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
    frames, noise = film(schedule_from_betas(BETAS), x, 3), SeededNoise(3, [0], (1, 4, 4))
    assert torch.equal(frames[0], x)
    for beta, frame in zip(BETAS, frames[1:], strict=True):
        x = math.sqrt(1 - beta) * x + math.sqrt(beta) * noise()
        assert torch.allclose(frame, x, atol=1e-6)


def test_variance_stays_1_with_the_roots_and_shrinks_without() -> None:
    generator = torch.Generator().manual_seed(0)
    x = standardised(torch.rand(1, 200_000, generator=generator))
    schedule = schedule_from_betas(BETAS)
    # The variance of N numbers is known to √(2/N); 5 of these.
    assert measured_variances(schedule, x, 1) == pytest.approx(torch.ones(5).double(), abs=5 * math.sqrt(2 / 200_000))
    simulated, walk = [1.0], x.double()
    for beta in BETAS:
        walk = (1 - beta) * walk + beta * torch.randn(walk.shape, generator=generator, dtype=walk.dtype)
        simulated.append(float(walk.var()))
    assert variances_without_roots(schedule).tolist() == pytest.approx(simulated, abs=0.01)


def test_the_toy_data_has_mean_0_and_variance_1() -> None:
    x = torch.linspace(-4, 4, 4001, dtype=torch.float64)
    density = DATA.density.log_prob(x).exp()
    assert [float(torch.trapezoid(density * x**k, x)) for k in range(3)] == pytest.approx([1, 0, 1], abs=1e-9)


def test_the_least_loss_is_the_conditional_variance_of_the_noise() -> None:
    schedule = schedule_from_betas(BETAS)
    network = train_small(schedule, DATA, 0, num_steps=2)
    _, least = loss_by_t(schedule, network, 5)
    t = 2
    signal, noise = (float(v) for v in (schedule.alpha_bars[t].sqrt(), (1 - schedule.alpha_bars[t]).sqrt()))
    eps, x_t = (torch.linspace(-6, 6, 1201, dtype=torch.float64) for _ in range(2))
    # p(ε, x_t) on a grid: x_0 = (x_t − noise ε)/signal.
    joint = (-0.5 * eps**2).exp()[:, None] * DATA.density.log_prob((x_t - noise * eps[:, None]) / signal).exp()
    joint /= joint.sum()
    mean = (eps[:, None] * joint).sum(0) / joint.sum(0).clamp_min(1e-300)
    expected = float((joint * (eps[:, None] - mean) ** 2).sum())
    assert float(least[t - 1]) == pytest.approx(expected, rel=0.08)


def test_misplaced_is_the_total_variation_distance() -> None:
    generator = torch.Generator().manual_seed(1)
    true = DATA.sample(100_000, generator)[:, 0]
    assert misplaced(true) < 0.02
    x = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    bell = Normal(0.0, 1.0)
    apart = 0.5 * float(torch.trapezoid((bell.log_prob(x).exp() - DATA.density.log_prob(x).exp()).abs(), x))
    normal = torch.randn(100_000, generator=generator, dtype=torch.float64).clamp(-4, 4)
    assert misplaced(normal) == pytest.approx(apart, abs=0.02)


@pytest.mark.slow
def test_another_beta_teaches_another_network() -> None:
    good, timid = learned(REFERENCE, 0), learned((0.001,) * T, 0)
    assert torch.all(good.loss > good.least * 0.9) and torch.all(good.loss < good.least + 0.12)
    # Steps so small never reach noise: the chain starts where the network has never been.
    assert good.misplaced < timid.misplaced
    assert learned(REFERENCE, 0) is good


@pytest.mark.parametrize(
    "values",
    [{}, {"t": 1}, {"t": T, "digit": 999, "betas": [0.001] * T}, {"betas": [0.95] * T, "train": "train"}],
)  # fmt: skip
def test_the_chapter_shows_finite_blocks(values: dict) -> None:
    shown = FORWARD_STEP.shown(FORWARD_STEP.read(values))
    json.dumps([shown.blocks, shown.because], allow_nan=False)
    betas = values.get("betas", REFERENCE)
    variance = 1.0
    for beta in betas:
        variance = (1 - beta) ** 2 * variance + beta**2
    assert variance < 0.99 and shown.answer == 1
    assert [block["kind"] for block in shown.blocks].count("plot") == (3 if values.get("train") == "train" else 1)
