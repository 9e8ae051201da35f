"""Run it: as many pictures as its time allows, told step by step, and ended when its visitor cancels it."""

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.ui.lab import trial_card
from ddpm_playground.ui.page.component import packed
from ddpm_playground.ui.serving.deeds import Deeds, Limits
from ddpm_playground.ui.serving.turns import Turns
from ddpm_playground.worker.client import WorkGivenUp
from ddpm_playground.worker.progress import Teller, tell_progress
from tests.loops import run
from tests.tiny import tiny_checkpoint

BETAS = packed(np.linspace(1e-4, 0.02, 20), "<f8")
ASKED = {"betas": BETAS, "config": None, "steps": "4", "codes": [], "checkpoint": "tiny", "seed": 0}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    tiny_checkpoint(tmp_path / "tiny")
    own = Shelf([tmp_path])
    monkeypatch.setattr(trial_card, "shelf", lambda: own)
    monkeypatch.setenv("DDPM_ENGINE", "eager")
    return own


def test_of_a_slow_network_fewer_pictures_are_drawn_and_of_one_too_slow_none(shelf, monkeypatch) -> None:
    checkpoint, clock = shelf.load("tiny"), iter(range(100))
    # A call takes 10 s; other threads ask the real clock.
    monkeypatch.setattr(trial_card, "time", SimpleNamespace(perf_counter=lambda: 10.0 * next(clock)))
    assert trial_card.pictures_within(checkpoint, 3) == 2
    with pytest.raises(ValueError, match="a step of one picture takes 10 s here, so 50 steps .* about 1,000 s"):
        trial_card.pictures_within(checkpoint, 50)
    monkeypatch.setattr(trial_card, "time", SimpleNamespace(perf_counter=lambda: 0.0))
    assert trial_card.pictures_within(checkpoint, 50) == trial_card.PICTURES


def test_every_step_of_both_rows_is_told(shelf, monkeypatch) -> None:
    told: list[list[int]] = []
    monkeypatch.setattr("ddpm_playground.worker.progress.SECONDS_BETWEEN", -1.0)
    monkeypatch.setattr(tell_progress, "write", lambda line: told.append(json.loads(line)["progress"]))
    monkeypatch.setattr(trial_card, "pictures_within", lambda *_: 2)
    answer = trial_card.run_trial(ASKED)
    assert "problem" not in answer and told == [[done, 8] for done in range(1, 9)]
    assert "2 of 10 pictures" in answer["said"][0] and all(row["image"] for row in answer["rows"])


def test_progress_is_told_a_few_times_a_second_at_most() -> None:
    teller, lines = Teller(), []
    teller(1, 9)  # nobody listens
    teller.write = lines.append
    for done in range(1000):
        teller(done, 1000)
    assert 1 <= len(lines) < 50


class Patient:
    """Workers that tell of one step and go on until nobody wants them."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def run(self, task: str, arguments: Any, limits: Limits, given_up: Any, told: Any) -> Any:
        told([3, 8])
        while not given_up():
            threading.Event().wait(0.01)
        self.ended.set()
        raise WorkGivenUp("cancelled")


def test_who_cancels_ends_the_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ddpm_playground.ui.serving.deeds.ANSWER_S", 0.1)
    workers = Patient()
    deeds = Deeds(Turns("trial", 1, 1), Limits(60, 100), workers)  # type: ignore[arg-type]

    async def cancelled() -> tuple[dict, dict]:
        first = await deeds.ask({"asker": "a"}, [])
        while not first["progress"]:
            first = await deeds.ask({"asker": "a", "ticket": first["ticket"]}, [])
        monkeypatch.setattr("ddpm_playground.ui.serving.deeds.ANSWER_S", 30.0)
        return first, await deeds.ask({"asker": "a", "ticket": first["ticket"], "give_up": True}, [])

    first, last = run(cancelled())
    assert first["progress"] == [3, 8] and last == {"replaced": True} and workers.ended.is_set()
