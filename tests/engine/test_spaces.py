"""A shared GPU: decorated before the page is served, and asked for as long as the steps will take."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ddpm_playground.engine import spaces
from ddpm_playground.engine.spaces import LEAST_S, MARGIN, MOST_S, PER_STEP, START_S, StepTime, StepTimes
from tests.tiny import tiny_checkpoint


@pytest.mark.slow
def test_a_space_counts_the_functions_and_lends_as_long_as_they_need(tmp_path: Path) -> None:
    tiny_checkpoint(tmp_path / "networks" / "tiny")
    more = {"DDPM_CHECKPOINTS": str(tmp_path / "networks"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.lent_gpu", "tiny"], capture_output=True, text=True, env=os.environ | more
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["decorated"] == [4]  # both functions, each by itself and as decorated
    assert told["equal"] == [True] * 6 and told["same"]
    assert len(told["seconds"]) == 2 and all(LEAST_S <= one <= MOST_S for one in told["seconds"])


def test_the_time_asked_for_follows_steps_pictures_and_the_measured_step(monkeypatch) -> None:
    times, now_s = StepTimes(), [0.0]
    monkeypatch.setattr(spaces.time, "perf_counter", lambda: now_s[0])
    guessed = times.seconds("mnist", 1000, PER_STEP)

    def steps(each_s: float, count: int):
        for _ in range(count):
            now_s[0] += each_s
            yield None

    assert len(list(times.measured("mnist", 8, steps(0.02, 5)))) == 5
    assert times.step_s("mnist", 8) == pytest.approx(0.02) == times.step_s("mnist", 4)
    assert times.step_s("mnist", 64) == pytest.approx(0.16)
    assert times.seconds("mnist", 1000, 8) == pytest.approx(START_S + MARGIN * 20, abs=1)
    assert times.seconds("mnist", 1000, 8) < guessed
    assert times.seconds("mnist", 1000, 8) < times.seconds("mnist", 1000, 16) < times.seconds("mnist", 2000, 16)
    assert times.seconds("mnist", 1, 1) == LEAST_S and times.seconds("mnist", 4000, 64) == MOST_S
    assert times.seconds("another", 1000, PER_STEP) == guessed


def test_a_step_alone_measures_nothing_and_the_start_is_not_counted() -> None:
    times = StepTimes()
    list(times.measured("mnist", 1, iter([1])))
    assert times._measured == {}
    steps = times.measured("mnist", 1, iter(range(9)))
    next(steps), next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert list(times._measured) == ["mnist"]


def test_what_was_measured_is_known_and_a_chain_counts_for_more_than_a_call() -> None:
    times = StepTimes()
    assert times.known("a") is None
    times.note("a", alone := StepTime(1, 0.5, in_chain=False))
    assert times.known("a") == alone
    times.note("a", chain := StepTime(16, 4.0))
    times.note("a", alone)
    assert times.known("a") == chain and times.step_s("a", 32) == pytest.approx(8.0)
