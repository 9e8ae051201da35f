"""The shelf: how far a checkpoint is, while it is read, made faster, or refused."""

import threading
from pathlib import Path

import pytest

from ddpm_playground.engine.network import EngineUnavailable
from ddpm_playground.learn import checkpoint as checkpoint_module
from ddpm_playground.learn import shelf as shelf_module
from ddpm_playground.learn.shelf import Loading, Shelf
from ddpm_playground.ui.loading import look, said

from ..tiny import tiny_checkpoint


def joined(shelf: Shelf, name: str) -> Loading:
    """The state once nothing more is under way."""
    for thread in threading.enumerate():
        if getattr(thread, "_target", None) in (shelf._load_quietly, shelf._speed_up):
            thread.join(60)
            return joined(shelf, name)
    return shelf.state(name)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with one tiny checkpoint."""
    tiny_checkpoint(tmp_path / "tiny")
    return Shelf([tmp_path])


def test_a_checkpoint_is_read_in_the_background_once(shelf, monkeypatch):
    go, reads, load = threading.Event(), [], checkpoint_module.load_checkpoint
    monkeypatch.setattr(checkpoint_module, "load_checkpoint", lambda *a: reads.append(a) or go.wait(60) and load(*a))
    assert shelf.state("tiny") == Loading("unread") and not shelf.state("tiny").busy
    assert shelf.begin("tiny") == shelf.begin("tiny") == shelf.state("tiny") == Loading("reading")
    assert shelf.state("tiny").busy
    go.set()
    ready = joined(shelf, "tiny")
    assert (ready.stage, ready.busy, len(reads)) == ("ready", False, 1)
    assert ready.described == shelf.load("tiny").described() and "PyTorch eager" in ready.described
    assert shelf.begin("tiny") == ready


@pytest.mark.parametrize(("works", "stage"), [(True, "ready"), (False, "fallback")])
def test_an_engine_is_being_prepared_then_runs_or_cannot_be_had(shelf, monkeypatch, capsys, works, stage):
    from ddpm_playground.engine import engines

    go = threading.Event()

    def engine(unet, sha256):
        go.wait(60)
        if not works:
            raise EngineUnavailable("no such luck")
        return unet

    monkeypatch.setenv("DDPM_ENGINE", "onnx")
    monkeypatch.setitem(engines.ENGINES, "onnx", engine)
    shelf.load("tiny")
    state = shelf.state("tiny")
    assert (state.stage, state.engine, state.busy) == ("preparing", "ONNX Runtime", True)
    assert "PyTorch eager" in state.described
    go.set()
    state = joined(shelf, "tiny")
    assert state.stage == stage
    assert ("ONNX Runtime" if works else "PyTorch eager") in state.described
    assert state.described in said(state) and state.engine == "ONNX Runtime"
    assert ("no such luck" in capsys.readouterr().err) is not works


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_engine_that_breaks_is_told(shelf, monkeypatch):
    monkeypatch.setenv("DDPM_ENGINE", "onnx")
    monkeypatch.setattr(checkpoint_module.Checkpoint, "on", lambda self: 1 / 0)
    shelf.load("tiny")
    assert joined(shelf, "tiny").stage == "fallback" and shelf.load("tiny").engine == "eager"


def test_what_cannot_be_read_says_why_until_it_is_mended(shelf, tmp_path):
    weights = tmp_path / "tiny" / checkpoint_module.WEIGHTS
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    with pytest.raises(ValueError, match="broken"):
        shelf.load("tiny")
    state = shelf.begin("tiny")
    assert state.stage == "refused" and "broken" in state.reason and "broken" in said(state)
    assert "no checkpoint" in shelf.begin("gone").reason
    weights.write_bytes(whole)
    shelf.begin("tiny")
    assert joined(shelf, "tiny").stage == "ready"


def test_what_others_replaced_is_unread_again(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf_module, "KEPT", 1)
    tiny_checkpoint(tmp_path / "other")
    shelf.load("tiny")
    shelf.load("other")
    assert (shelf.state("tiny").stage, shelf.state("other").stage) == ("unread", "ready")


def test_the_line_is_looked_at_until_nothing_is_under_way(shelf, monkeypatch):
    monkeypatch.setattr("ddpm_playground.ui.loading.shelf", lambda: shelf)
    line, clock = look("tiny")
    assert line == said(Loading("reading")) and clock.active
    joined(shelf, "tiny")
    line, clock = look("tiny")
    assert line.startswith("Ready: ") and not clock.active
    line, clock = look("<b>")
    assert "&lt;b&gt;" in line and "<b>" not in line and not clock.active
