"""Strangers' input is worked on in processes that have limits and can be ended."""

import os
import time
from collections.abc import Iterator

import pytest

from ddpm_playground.worker.client import Limits, Workers, WorkFailed, WorkGivenUp
from ddpm_playground.worker.progress import tell_progress

pytestmark = pytest.mark.slow

HERE = "tests.security.test_worker"
LIMITS = Limits(seconds=20, memory_mb=200)


def ready() -> None:
    """What the zygote calls first, so that it has imported this module, and what says why something failed, for all."""
    import ddpm_playground.core.plain_words  # noqa: F401


def hoard(megabytes: int) -> int:
    """Take memory."""
    return len(b"x" * (megabytes * 2**20))


def fail(kind: str) -> None:
    """Fail in some way."""
    raise {"value": ValueError("no such thing"), "type": TypeError("list + int"), "os": OSError(28, "full", "f")}[kind]


def sleep_and_mark(seconds: float, path: str) -> None:
    """Leave a mark after a while."""
    time.sleep(seconds)
    with open(path, "w", encoding="utf-8") as file:
        file.write("done")


def count_to(total: int) -> str:
    """Tell of each step, then answer."""
    tell_progress.write, write = None, tell_progress.write
    assert write is not None  # the worker listens
    for done in range(1, total + 1):
        write(b'{"progress": [%d, %d]}\n' % (done, total))
    return "counted"


def whoami() -> list[int]:
    """Process number and how nice it is."""
    return [os.getpid(), os.nice(0)]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    found = Workers((f"{HERE}:ready",))
    yield found
    found.stop()


def test_each_request_has_a_process_of_its_own_that_lets_the_page_go_first(workers):
    first, second = (workers.run(f"{HERE}:whoami", [], LIMITS) for _ in range(2))
    assert first[0] != second[0] != os.getpid() and first[1] >= 10


def test_too_much_memory_is_refused_and_named(workers):
    assert workers.run(f"{HERE}:hoard", [50], LIMITS) == 50 * 2**20
    with pytest.raises(ValueError, match="more than 200 MB of memory"):
        workers.run(f"{HERE}:hoard", [2000], LIMITS)


def test_too_long_is_refused_and_named_and_the_process_is_ended(workers, tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(ValueError, match="longer than 0.5 s"):
        workers.run(f"{HERE}:sleep_and_mark", [3, str(mark)], Limits(0.5, 200))
    with pytest.raises(WorkGivenUp):
        workers.run(f"{HERE}:sleep_and_mark", [3, str(mark)], LIMITS, lambda: True)
    time.sleep(3.2)
    assert not mark.exists()


def test_what_a_function_refuses_is_its_own_sentence_and_a_failure_is_one_too(workers, capfd):
    with pytest.raises(ValueError, match="^no such thing$"):
        workers.run(f"{HERE}:fail", ["value"], LIMITS)
    with pytest.raises(WorkFailed, match="the program itself failed"):
        workers.run(f"{HERE}:fail", ["type"], LIMITS)
    with pytest.raises(WorkFailed, match="the disk is full"):
        workers.run(f"{HERE}:fail", ["os"], LIMITS)
    assert capfd.readouterr().err.count("\n") == 2  # one line each


def test_a_process_that_is_killed_is_told_of_and_the_next_one_works(workers):
    with pytest.raises(WorkFailed, match="ended from outside"):
        workers.run("os:abort", [], LIMITS)
    workers._zygote.kill()
    workers._zygote.wait()
    assert workers.run("builtins:len", ["abc"], LIMITS) == 3


def test_how_far_it_is_is_heard_and_is_no_part_of_the_answer(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[int]] = []
    assert workers.run(f"{HERE}:count_to", [300], LIMITS, told=told.append) == "counted"
    assert told == [[done, 300] for done in range(1, 301)]
    monkeypatch.setattr("ddpm_playground.worker.client.CAN_FORK", False)
    assert workers.run(f"{HERE}:count_to", [3], LIMITS) == "counted"
