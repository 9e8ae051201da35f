"""The numbers of a run: what is asked for is what is trained, and what cannot be is refused."""

import base64
import json

import pytest
import torch

from ddpm_playground.ui.train.levers import LEVERS, number_asked
from ddpm_playground.ui.train.trainings import DATA, message, new_training, planar_points, run_command
from ddpm_playground.ui.words.text import table
from tests.learn.training.test_live import until

ASKED = {"data": "moons", "schedule": "linear", "learning_rate": 2e-3, "seed": 3}


@pytest.mark.parametrize("name", LEVERS)
def test_a_lever_has_ascending_stops_its_beginning_among_them_and_a_word(name: str) -> None:
    stops, first = LEVERS[name]
    assert first in stops and list(stops) == sorted(set(stops)) and f"train.lever_{name}" in table("en")
    assert number_asked({}, name) == first and number_asked({name: stops[0]}, name) == stops[0]
    for bad in (stops[0] - 1, stops[-1] + 1, 7.5, "10", True):
        with pytest.raises(ValueError, match=rf"{name} must be a whole number in"):
            number_asked({name: bad}, name)


@pytest.mark.parametrize("T", LEVERS["T"].stops)
@pytest.mark.parametrize("schedule", ["linear", "scaled_linear", "constant", "cosine", "sigmoid"])
def test_every_T_has_its_schedule(T: int, schedule: str) -> None:
    live = new_training({**ASKED, "schedule": schedule, "T": T, "width": 8})
    live.stop()
    assert live.join(30.0)
    assert live.schedule.T == T and live.schedule.alpha_bars[-1] < 0.05


def test_a_run_of_few_points_tells_what_it_has_memorised() -> None:
    live = new_training({**ASKED, "n": 10, "batch": 8, "width": 8, "steps": 100, "T": 50})
    assert (len(live.task.draw(torch.Generator())[0]), live.task.max_steps) == (8, 100)
    run_command(live, "steps", 200)
    assert live.task.max_steps == 200
    until(lambda: live.progress.view is not None)
    told = json.loads(json.dumps(message(live, True)))
    live.stop()
    assert live.join(30.0)
    shown = torch.frombuffer(bytearray(base64.b64decode(told["data"])), dtype=torch.float32).view(-1, 2)
    assert torch.equal(shown, planar_points("moons", {}, 3)[:10]) and told["n"] == 10 and told["max_steps"] == 200
    assert len(told["levels"]) == len(told["distance"]) == 20 and told["probes"] == [[0, told["held"]]]
    assert told["exact_train"] < told["train"] and 0 <= told["percentile"] <= 100
    assert "digits" in DATA
