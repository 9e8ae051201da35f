"""The recorded run comes in parts, which together are the whole of it."""

import json
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run
from ddpm_playground.ui.reverse import tab
from ddpm_playground.ui.reverse.stream import messages
from ddpm_playground.ui.reverse.tab import FIRST_FRAMES, Chains, recorded_since, recorded_start
from ddpm_playground.ui.serving.files import Files
from ddpm_playground.ui.serving.owners import Owners
from ddpm_playground.ui.serving.visitors import Visitors
from ddpm_playground.ui.words.text import note

WHOLE = json.loads((files("ddpm_playground") / "data" / "recorded_run.json").read_text(encoding="utf-8"))


def test_its_parts_are_the_whole_run() -> None:
    start = json.loads(recorded_start())
    frames = start["frames"]
    assert len(frames) == FIRST_FRAMES >= 2, "one frame alone does not move"
    assert start["autoplay"] and start["total"] == len(WHOLE["frames"])
    while len(frames) < start["total"]:
        part = json.loads(recorded_since(len(frames)))
        assert part["run"] == start["run"] and part["before"] == len(frames) and "autoplay" not in part
        assert part["frames"], "asked for more, and there is more"
        frames += part["frames"]
    assert frames == WHOLE["frames"]
    assert {key: start[key] for key in WHOLE if key != "frames"} == {k: v for k, v in WHOLE.items() if k != "frames"}


def test_whoever_has_nothing_gets_its_opening_too() -> None:
    part = json.loads(recorded_since(0))
    assert part["steps"] == WHOLE["steps"] and part["before"] == 0
    assert json.loads(recorded_since(10**9))["frames"] == []


def test_who_has_missed_the_live_run_for_it_gets_the_live_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "unread_by", lambda request: lambda: 0)
    visitors = Visitors(Owners(), Files(tmp_path))
    chains = Chains(SimpleNamespace(exports=None, visitors=visitors))  # type: ignore[arg-type]
    asked, request = SimpleNamespace(run="recorded", first=FIRST_FRAMES), SimpleNamespace(session_hash="ada")
    assert chains.send_missing(asked, request) == recorded_since(FIRST_FRAMES)  # type: ignore[arg-type]
    live = chains.runs.begin("ada", Run(DEFAULT.with_(num_steps=3, num_images=1)), note("reverse.note_live"))
    assert len(list(messages(live, lambda: 0))) > 0 and live.done
    got = json.loads(chains.send_missing(asked, request))  # type: ignore[arg-type]
    assert got["run"] == live.run_id and got["before"] == 0 and len(got["steps"]) == 3 and got["done"]
    other = SimpleNamespace(session_hash="bob")
    assert chains.send_missing(asked, other) == recorded_since(FIRST_FRAMES)  # type: ignore[arg-type]
