"""Schedulers with noise levels of their own on a network of β_t: asked at its own t, drawing what it was trained on."""

import pytest
import torch

from ddpm_playground.bridge.borrowed_sampler import BORROWED, BorrowedSampler
from ddpm_playground.bridge.built import built
from ddpm_playground.core import ExactEps, Prediction, Sampling, SeededNoise, make_schedule
from ddpm_playground.lab.driving import input_blends, set_timesteps
from ddpm_playground.lab.probe import Probing
from ddpm_playground.lab.scheduler_trace import trace

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array:DeprecationWarning"),
    pytest.mark.usefixtures("one_thread"),
]
LINEAR = make_schedule("linear", 1000)
SHAPE = (1, 2, 2)
MEANS = torch.tensor([[0.6, 0.5, -0.2, 0.1], [-0.6, 0.3, 0.4, -0.5]]).view(2, *SHAPE)
STD = 0.05


class Watched:
    """The exact network of two small Gaussians, which notes at which t it was asked of what."""

    def __init__(self) -> None:
        self.exact = ExactEps(LINEAR, MEANS, torch.full((2,), STD**2))
        self.asked: list[tuple[int, float]] = []

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        self.asked.append((int(t[0]), float(x_t.var())))
        return self.exact(x_t, t, label)


@pytest.mark.slow
@pytest.mark.parametrize("name", BORROWED)
def test_it_draws_what_the_network_was_trained_on(name: str) -> None:
    noise, network = SeededNoise(0, range(256), SHAPE), Watched()
    sampler, sampling = BorrowedSampler.named(name), Sampling(name, num_steps=50)
    steps = list(sampler.steps(LINEAR, network, noise(), noise, sampling))
    away = (steps[-1].x_s[:, None] - MEANS[None]).flatten(2)
    nearest = away.square().mean(2).min(1)
    assert float(nearest.values.sqrt().mean()) < 2 * STD, "near one of the two"
    assert 0.35 < float(nearest.indices.double().mean()) < 0.65, "each about as often"
    ts = [t for t, _ in network.asked]
    assert ts == sorted(ts, reverse=True) and ts[0] > 900 and ts[-1] < 100
    assert all(0.05 < variance < 2.0 for _, variance in network.asked), "x_t is of variance 1"
    assert sampler.path(LINEAR, sampling) == (*(step.t for step in steps), 0)
    assert all(bool(torch.isfinite(value).all()) for step in steps for value in (step.x_t, step.eps_hat, step.x_hat_0))


@pytest.mark.parametrize("name", BORROWED)
def test_its_levels_and_its_output_are_those_that_the_audit_measures(name: str) -> None:
    config = {"_class_name": name, **({"num_train_timesteps": 1000} if name.startswith("CM") else {})}
    scheduler = built(config)
    set_timesteps(scheduler, 6, {})
    measured, _ = input_blends(scheduler)
    ready, _ = BorrowedSampler.named(name)._ready(LINEAR, Sampling(name, num_steps=6), None)
    signal, noise = BORROWED[name].levels(ready)
    count = len(signal)
    assert len(measured) - count in (0, 1)
    found = torch.tensor([[one.of_x_0, one.noise] for one in measured[:count]], dtype=torch.float64)
    torch.testing.assert_close(torch.stack([signal, noise], 1), found, rtol=2e-3, atol=2e-4)
    with Probing():
        says = trace(built({"_class_name": name}), 6, {}).convention.__name__
    clean = BORROWED[name].clean
    assert clean is not None
    i, x_0, eps = count // 2, torch.full((1, 1, 1, 1), 0.3).double(), torch.full((1, 1, 1, 1), -0.7).double()
    x = signal[i] * x_0 + noise[i] * eps
    size = float((signal[i] ** 2 + noise[i] ** 2).sqrt())
    outputs = {
        "_epsilon": eps, "_v": (signal[i] * eps - noise[i] * x_0) / size, "_velocity": eps - x_0,
        "_reversed_velocity": x_0 - eps,
    }  # fmt: skip
    if says in outputs:  # the others are asked of the scheduler's own preconditioning
        torch.testing.assert_close(clean(ready, i, x, outputs[says]), x_0, rtol=1e-4, atol=1e-4)


def test_clipping_is_what_is_asked_for() -> None:
    def largest(clips: bool) -> float:
        noise = SeededNoise(1, range(8), SHAPE)
        sampling = Sampling("EDMEulerScheduler", num_steps=6, clip_x_0=clips)
        wide = ExactEps(LINEAR, 3.0 * MEANS, torch.full((2,), STD**2))
        *_, last = BorrowedSampler.named("EDMEulerScheduler").steps(LINEAR, wide, noise(), noise, sampling)
        return float(last.x_s.abs().max())

    assert largest(True) < 1.1 and largest(False) > 1.5
