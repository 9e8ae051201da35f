"""What is said is read as ε, the families train alike, and DDIM is flow-Euler in numbers."""

import json

import pytest
import torch
from scipy.stats import energy_distance as of_scipy

from ddpm_playground.cli import main
from ddpm_playground.core import ExactEps, Prediction, make_schedule, prediction_from, q_sample
from ddpm_playground.learn.data.planar import PLANAR_SETS
from ddpm_playground.learn.judging.energy import energy_distance, straightness
from ddpm_playground.learn.training import one_clock
from ddpm_playground.learn.training.one_clock import Asked, Clock, ddim_minus_flow, training
from ddpm_playground.learn.training.predicted import PREDICTED
from ddpm_playground.learn.training.racing import EXACT, racing
from ddpm_playground.learn.training.short_schedule import short_schedule

SCHEDULE = short_schedule("linear", 50)
POINTS, HELD = (PLANAR_SETS["moons"](900, torch.Generator().manual_seed(seed)) for seed in (0, 1))
G = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("name", PREDICTED)
def test_the_target_read_back_is_the_noise(name: str) -> None:
    x_0, eps = (torch.randn(30, 2, generator=G, dtype=torch.float64) for _ in range(2))
    t = torch.randint(1, 51, (30,), generator=G)
    said = PREDICTED[name]
    found = said.read(SCHEDULE, q_sample(SCHEDULE, x_0, t, eps), t, said.target(SCHEDULE, x_0, t, eps))
    torch.testing.assert_close(found.eps_hat, eps, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(found.x_hat_0, x_0, atol=1e-9, rtol=1e-9)


def test_energy_distance_is_scipys() -> None:
    x, y = torch.randn(40, 1, generator=G), 0.5 + torch.randn(30, 1, generator=G)
    assert energy_distance(x, y) == pytest.approx(of_scipy(x.flatten(), y.flatten()) ** 2, rel=1e-6)
    assert energy_distance(x, x) == pytest.approx(0.0, abs=1e-12)


def test_straight_paths_at_an_even_pace_alone_have_0() -> None:
    times = torch.tensor([1.0, 0.7, 0.2, 0.0], dtype=torch.float64)
    line = times[:, None, None] * torch.tensor([[3.0, 4.0]]) + 1.0
    assert straightness(times, line) == pytest.approx(0.0, abs=1e-20)
    # X = τ² e_1 on a fine grid: ∫ (1 − 2τ)² dτ = 1/3
    fine = torch.linspace(0, 1, 2001, dtype=torch.float64)
    bent = torch.stack([fine**2, 0 * fine], 1)[:, None]
    assert straightness(fine, bent) == pytest.approx(1 / 3, rel=1e-5)
    assert straightness(2 * fine, bent) == pytest.approx(1 / 3, rel=1e-5)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "sigmoid"])
def test_ddim_is_flow_euler(schedule: str) -> None:
    made = make_schedule(schedule, 100)
    predict = ExactEps(made, POINTS.double())
    x_T = torch.randn(50, 2, generator=G, dtype=torch.float64)
    assert ddim_minus_flow(made, predict, x_T, 30) <= 1e-6

    def wrong(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """Another ε̂, with the x̂_0 that it implies: the identity asks for no more."""
        return prediction_from(made, "epsilon", x_t, t, predict(x_t + 0.1, t).eps_hat)

    assert ddim_minus_flow(made, wrong, x_T, 30) <= 1e-6


def test_the_exact_one_is_measured_right() -> None:
    clock = Clock(POINTS, HELD, SCHEDULE, 0)
    told = clock.told(ExactEps(SCHEDULE, POINTS))
    assert told.energy[-1] < 0.2 * told.energy[0] and told.enough is not None and told.enough <= 40
    assert told.eps_error[-1] < 0.01 < 0.3 < told.eps_error[0]
    assert torch.equal(told.ode[0], told.sde[0]), "one start"
    assert not torch.equal(told.ode[-1], told.sde[-1]) and told.spread > 0.1
    assert bool((clock.log_snr.diff() < 0).all())


def train(name: str, num_steps: int) -> Asked:
    """A small network of seed 1 that says `name`."""
    steps = training(name, POINTS, SCHEDULE, seed=1, num_steps=num_steps, width=8)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value


def test_the_families_begin_alike_and_learn() -> None:
    first, second = (train("epsilon", 3) for _ in range(2))
    x = torch.randn(5, 2, generator=G)
    t = torch.full((5,), 9)
    assert torch.equal(first(x, t).eps_hat, second(x, t).eps_hat)
    none = {name: train(name, 0) for name in PREDICTED}
    assert len({one.network(x, t).sample.sum().item() for one in none.values()}) == 1


@pytest.mark.slow
def test_a_race_in_json_and_in_tables(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_clock, "SAMPLES", 100)
    stood = list(racing(POINTS, HELD, SCHEDULE, num_steps=300, width=32, batch_size=64))
    assert [one.done for one in stood] == sorted(one.done for one in stood)
    assert stood[-1].done == stood[-1].of == 1200
    facts = stood[-1].facts()
    assert set(facts["predicted"]) == {*PREDICTED, EXACT} and facts["ddim_minus_flow_euler"] <= 1e-6
    for name in PREDICTED:  # at the noisy end all know the noise but for ε's own scale
        assert facts["predicted"][name]["eps_error"][-1] < 0.1, name
    words = ["clock", "--data", "moons", "--T", "30", "--steps", "2", "--width", "4", "--batch-size", "2"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["data"] == "moons" and len(told["log_snr"]) == len(told["predicted"]["exact"]["eps_error"])
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "Euler's steps along u" in shown and "ε*" in shown
    assert main(["clock", "--T", "5"]) == 2
    assert "[25, 1000]" in capsys.readouterr().err
