"""A mixture that a reader has set: its draws, its exact score, and what is none."""

import pytest
import torch

from ddpm_playground.core import make_schedule
from ddpm_playground.learn.data.own_mixture import FIRST, MOST_GAUSSIANS, PARTS, own_mixture
from ddpm_playground.learn.training.live_tasks import PlanarTask
from ddpm_playground.ui.train.races import races_of
from ddpm_playground.ui.train.trainings import new_training, planar_points

SCHEDULE = make_schedule("linear", 100)
ONE = "0.5_-0.5_0.4_0.1_90_1"  # its long axis stands upright


def test_the_numbers_are_mean_axes_and_weight() -> None:
    found = own_mixture(f"{ONE}~0_0_0.3_0.3_17_3")
    torch.testing.assert_close(found.means[0], torch.tensor([0.5, -0.5]))
    torch.testing.assert_close(found.covariances[0], torch.tensor([[0.01, 0.0], [0.0, 0.16]]), atol=1e-6, rtol=0)
    torch.testing.assert_close(found.covariances[1], 0.09 * torch.eye(2), atol=1e-6, rtol=0)
    drawn = found.draw(8000, torch.Generator().manual_seed(0))
    assert drawn.shape == (8000, 2) and drawn.dtype == torch.float32
    torch.testing.assert_close(drawn.mean(0), 0.25 * found.means[0], atol=0.02, rtol=0)
    assert torch.equal(drawn, found.draw(8000, torch.Generator().manual_seed(0)))


def test_a_run_on_it_shows_its_exact_score() -> None:
    points = planar_points("own", {"own": FIRST}, 3)
    assert points.shape == (2000, 2) and torch.equal(points, planar_points("own", {"own": FIRST}, 3))
    live = new_training({"data": "own", "own": ONE, "seed": 0, "learning_rate": 1e-3, "width": 8, "T": 100})
    live.stop()
    assert live.join(30.0)
    task = live.task
    assert isinstance(task, PlanarTask)
    found = task.exact(SCHEDULE)(task.grid, torch.full((len(task.grid),), 40))
    assert torch.equal(found.eps_hat, own_mixture(ONE).exact(SCHEDULE)(task.grid, 40).eps_hat)
    name, _ = races_of({"text": f"data:own,own:{ONE},T:25", "steps": 200})
    assert name == "own"


@pytest.mark.parametrize(
    "text",
    [None, "", 7, "1_2", ONE + "_4", "~".join([ONE] * (MOST_GAUSSIANS + 1)), "a" * 5000],
)
def test_what_is_no_mixture_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="1 to 8 Gaussians of 6 numbers"):
        own_mixture(text)


@pytest.mark.parametrize("place", range(len(PARTS)))
@pytest.mark.parametrize("value", ["nan", "1e9", "-1e9", "x", ""])
def test_a_number_outside_its_range_is_refused_by_name(place: int, value: str) -> None:
    parts = ONE.split("_")
    parts[place] = value
    with pytest.raises(ValueError, match=rf"{list(PARTS)[place]} must be a number in"):
        own_mixture("_".join(parts))
