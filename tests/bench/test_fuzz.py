"""What the fuzz part of the benchmark sends and how it judges: enough, the same every time, and no failure passes."""

import os
import random
import time

import pytest

from bench import fuzz, fuzz_inputs, nasty
from bench.visitor import PATIENCE_S, Visitor, judged
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError
from ddpm_playground.learn.checkpoints.store import Shelf


class Noting(Visitor):
    """A visitor of no page, who notes what it would send."""

    def __init__(self) -> None:
        names = "restore denoise send_missing save_gif save_npz recoloured drawn pick download keep stop show_start"
        names = [*names.split(), "begin", "received", "look", "stream"]
        self.parts = {1: {"props": {"value": 5}}}
        self.events = [{"id": i, "api_name": name, "inputs": [1, 1]} for i, name in enumerate(names)]
        self.functions = [
            (9, "lab", "examine"), (9, "lab", "examine_edited"), (9, "lab", "export"),
            (9, "audit", "audit_scheduler"), (9, "trial", "run_trial"), (9, "train", "do"),
        ]  # fmt: skip
        self.sent: list[str] = []

    def _note(self, *what: object, **more: object) -> None:
        self.sent.append(repr((what, more)))

    join = call = post = get = _note  # type: ignore[assignment]


def sent() -> list[str]:
    visitor = Noting()
    for title, inputs in fuzz_inputs.CLASSES.items():
        if title != "pictures":
            for one in inputs(random.Random(f"{fuzz.SEED} {title}"), visitor):
                one(visitor)
    return visitor.sent


def test_there_are_enough_and_they_are_the_same_every_time(tmp_path) -> None:
    first = sent()
    lines = nasty.command_lines(random.Random(fuzz.SEED), tmp_path)
    assert len(first) + len(lines) > 2000 and len(set(first)) > 1500
    assert first == sent() and lines == nasty.command_lines(random.Random(fuzz.SEED), tmp_path)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (200, '{"rows": []}', "answered"), (200, '{"problem": "T must be lower"}', "refused"), (422, "{}", "refused"),
        (500, "Internal Server Error", "broken"), (200, '{"problem": "[Errno 2] No such file"}', "broken"),
        (200, '{"problem": "the program itself failed (KeyError: 1)"}', "broken"), (400, "Traceback (most", "broken"),
    ],
)  # fmt: skip
def test_no_failure_passes_for_an_answer(status: int, text: str, kind: str) -> None:
    assert judged(time.perf_counter(), status, text).kind == kind


def test_a_page_that_does_not_answer_is_broken() -> None:
    visitor = Visitor.__new__(Visitor)

    class Silent:
        def get(self, path: str) -> None:
            import httpx

            raise httpx.ReadTimeout(f"no answer in {PATIENCE_S} s")

    visitor.http = Silent()  # type: ignore[assignment]
    assert visitor.get("x").kind == "broken"


def test_what_a_command_raises_is_broken(monkeypatch) -> None:
    assert fuzz.commanded(["schedule", "show", "nothing"]).kind == "refused"
    assert fuzz.commanded(["schedule", "show", "linear", "--T", "3"]).kind == "answered"
    monkeypatch.setattr("ddpm_playground.cli.main", lambda argv: 1 / 0)
    assert fuzz.commanded([]).kind == "broken"


def test_memory_is_read() -> None:
    assert fuzz.resident_mb(os.getpid()) > 20 and fuzz.resident_mb(2**22 + 1) == 0


def test_every_hostile_checkpoint_is_refused(tmp_path) -> None:
    nasty.make_checkpoints(tmp_path)
    shelf = Shelf([tmp_path])
    for name in set(nasty.HOSTILE) - {"flat"}:
        with pytest.raises((CheckpointError, ValueError)) as refused:
            shelf.load(name)
        assert len(str(refused.value)) > 20
