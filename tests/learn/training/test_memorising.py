"""Of few points the perfect predictor is a memory, and a network that is trained long goes there."""

import pytest
import torch

from ddpm_playground.core import ExactEps
from ddpm_playground.learn.training import memorising
from ddpm_playground.learn.training.live import CURVE, Progress
from ddpm_playground.learn.training.live_tasks import PlanarTask
from ddpm_playground.learn.training.memorising import MemoryProbe, levels_of
from tests.learn.training.test_live import SCHEDULE, points, until
from tests.learn.training.test_live import LiveTraining as Live

SET, HELD = points(), points(seed=1)


def test_levels_are_spread_over_all_t() -> None:
    assert levels_of(3).tolist() == [1, 2, 3]
    assert levels_of(1000).tolist() == [26 + 50 * k for k in range(20)]


def test_the_exact_predictor_is_at_no_distance_and_its_samples_are_copies() -> None:
    few = SET[:10]
    found = MemoryProbe(few, HELD, 0)(ExactEps(SCHEDULE, few), SCHEDULE, few.repeat(3, 1))
    assert found.distance.tolist() == [0.0] * 20 and found.percentile == 0.0
    assert found.train == found.exact_train < 0.2 < 0.5 < found.exact_held == found.held


def test_of_many_points_nothing_is_memorised() -> None:
    found = MemoryProbe(SET, HELD, 0)(ExactEps(SCHEDULE, SET), SCHEDULE, HELD)
    assert found.percentile == pytest.approx(50, abs=1)  # held-out points themselves
    few = MemoryProbe(SET[:10], HELD, 0)(ExactEps(SCHEDULE, SET), SCHEDULE, HELD)
    assert few.held < few.exact_held and few.exact_train < few.train  # what many points say is better off few
    assert bool((few.distance > 0).all())


def test_no_predictor_is_better_on_the_points_than_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memorising, "DRAWS", 2000)
    few = SET[:10]
    probe, exact = MemoryProbe(few, HELD, 0), ExactEps(SCHEDULE, few)

    def bent(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None):
        said = exact(x_t, t)
        return said._replace(eps_hat=1.05 * said.eps_hat)

    found = probe(bent, SCHEDULE, few)
    assert found.train > found.exact_train
    # Pythagoras: E‖ε − ε_θ‖² = E‖ε − ε*‖² + E‖ε* − ε_θ‖² on the points' own x_t
    assert found.train == pytest.approx(found.exact_train + float(found.distance.mean()), rel=0.01)


def test_the_same_noises_at_each_look_until_the_schedule_changes() -> None:
    probe, exact = MemoryProbe(SET[:10], HELD, 0), ExactEps(SCHEDULE, SET)
    first = probe(exact, SCHEDULE, HELD)
    assert torch.equal(first.distance, probe(exact, SCHEDULE, HELD).distance)
    assert not torch.equal(first.distance, MemoryProbe(SET[:10], HELD, 1)(exact, SCHEDULE, HELD).distance)


def test_looks_are_kept_thinly_and_one_a_step() -> None:
    progress = Progress()
    for step in [0, 5, 5, 5, *range(10, 10 * CURVE, 5)]:
        progress.viewed = step
        progress.keep_probe(float(step))
    steps = [step for step, _ in progress.probes]
    assert len(steps) <= CURVE and steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] == 10 * CURVE - 5


@pytest.mark.slow
def test_a_run_on_ten_points_goes_to_their_exact_eps() -> None:
    task = PlanarTask("mixture", SET[:10], SCHEDULE, 0, held=HELD, batch_size=64, width=64, max_steps=2)
    live = Live(task, SCHEDULE, 2e-3, 0)
    live.resume()
    until(lambda: live.progress.state == "limit")
    assert live.progress.step == 2
    until(lambda: live.progress.view is not None)
    assert live.progress.view is not None and live.progress.view.memory is not None
    first = live.progress.view.memory
    live.set_steps(1500)
    live.resume()
    until(lambda: live.progress.step == 1500)
    until(lambda: live.progress.viewed == 1500)  # without being asked to look
    live.stop()
    assert live.join(30.0)
    view = live.progress.view
    assert view is not None and view.memory is not None and view.data is not None
    assert len(view.data) == 10
    last = view.memory
    assert last.train < last.held and last.distance.mean() < 0.5 * first.distance.mean()
    assert last.percentile < 0.8 * first.percentile
    assert live.progress.probes[-1] == (1500, last.held)
    with pytest.raises(ValueError, match="number of steps"):
        live.set_steps(0)
