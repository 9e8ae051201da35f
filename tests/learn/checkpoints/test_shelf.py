"""The shelf: how far a checkpoint is, while it is read, made faster, or refused."""

import os
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ddpm_playground.engine.network import EngineUnavailable
from ddpm_playground.engine.spaces import STEP_TIMES, StepTime
from ddpm_playground.learn.checkpoints import checkpoint as checkpoint_module
from ddpm_playground.learn.checkpoints import store as shelf_module
from ddpm_playground.learn.checkpoints.shipped import SHIPPED, checkpoint_folder
from ddpm_playground.learn.checkpoints.store import Loading, Shelf
from ddpm_playground.ui.reverse.loading import look, stage_html
from tests.tiny import tiny_checkpoint


def joined(shelf: Shelf, name: str) -> Loading:
    """The state once nothing more is under way."""
    for thread in threading.enumerate():
        # A thread that fails has forgotten its target before it has told of it, but not its name.
        if any(work.__name__ in thread.name for work in (shelf._load_quietly, shelf._speed_up)):
            thread.join(60)
            return joined(shelf, name)
    return shelf.state(name)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf with one tiny checkpoint, of which nothing was measured."""
    monkeypatch.setattr(STEP_TIMES, "_measured", {})
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
    monkeypatch.setitem(engines.ENGINES, "onnx", replace(engines.ENGINES["onnx"], make=engine))
    shelf.load("tiny")
    state = shelf.state("tiny")
    assert (state.stage, state.engine, state.busy) == ("preparing", "ONNX Runtime", True)
    assert "PyTorch eager" in state.described
    go.set()
    state = joined(shelf, "tiny")
    assert state.stage == stage
    assert ("ONNX Runtime" if works else "PyTorch eager") in state.described
    assert state.described in stage_html(state) and state.engine == "ONNX Runtime"
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
    assert state.stage == "refused" and "broken" in state.reason and "broken" in stage_html(state)
    assert "no checkpoint" in shelf.begin("gone").reason
    weights.write_bytes(whole)
    shelf.begin("tiny")
    assert joined(shelf, "tiny").stage == "ready"


def test_a_step_is_timed_when_the_engine_is_ready(shelf, monkeypatch):
    monkeypatch.setenv("DDPM_ENGINE", "onnx")
    shelf.load("tiny")
    joined(shelf, "tiny")
    known = STEP_TIMES.known(shelf.load("tiny").timed_as)
    assert known is not None and known.count == 1 and not known.in_chain and known.seconds > 0


def test_what_others_replaced_is_unread_again(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(shelf_module, "KEPT", 1)
    tiny_checkpoint(tmp_path / "other")
    shelf.load("tiny")
    shelf.load("other")
    assert (shelf.state("tiny").stage, shelf.state("other").stage) == ("unread", "ready")


def test_the_line_is_looked_at_until_nothing_is_under_way(shelf, monkeypatch):
    monkeypatch.setattr("ddpm_playground.ui.reverse.loading.shelf", lambda: shelf)
    line, _, clock = look("tiny")
    assert line == stage_html(Loading("reading")) and clock.active
    joined(shelf, "tiny")
    line, _, clock = look("tiny")
    assert line.startswith("Ready: ") and not clock.active
    assert "not measured yet" in look("tiny", 4, 10, 1.0, "ddpm")[1]
    timed = shelf.load("tiny").timed_as
    STEP_TIMES.note(timed, StepTime(1, 0.25, in_chain=False))
    assert "0.25 s a step" in (line := look("tiny", 4, 10, 1.0, "ddpm")[1]) and "about" not in line  # one call of one
    STEP_TIMES.note(timed, StepTime(4, 0.5))
    assert "in the last run (network asked of 4)" in (line := look("tiny", 4, 10, 1.0, "ddpm")[1])
    assert "10 steps of 4: about 5 s" in line
    assert "about" not in look("tiny", 4, 10, 1.0, "own")[1]
    assert "about" not in look("tiny", 4, 10, 3.0, "ddim")[1]  # guidance asks twice, that is of eight
    STEP_TIMES.note(timed, StepTime(8, 0.75))
    assert "10 steps of 8: about 7.5 s" in look("tiny", 4, 10, 3.0, "ddim")[1]
    line, told, clock = look("<b>")
    assert "&lt;b&gt;" in line and "<b>" not in line and not told and not clock.active


def test_the_first_root_s_checkpoint_is_taken_and_the_hidden_one_is_told(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        tiny_checkpoint(root / "same")
    tiny_checkpoint(second / "other")
    shelf = Shelf([first, second])
    assert shelf.names() == ["same", "other"]
    assert shelf.folder("same") == first / "same" and shelf.folder("other") == second / "other"
    (told,) = shelf.complaints()
    assert f"that in {first}, which comes first" in told and f"the one in {second} is hidden" in told
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "same").symlink_to(first / "same")
    assert Shelf([first, tmp_path / "third"]).complaints() == []


def test_the_variable_adds_roots_behind_the_shipped_one(tmp_path, monkeypatch):
    own, named = tmp_path / "here" / "checkpoints", tmp_path / "named"
    tiny_checkpoint(own / "own")
    for name in ("own", "mnist", "far"):
        tiny_checkpoint(named / name)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DDPM_CHECKPOINTS", f"{os.pathsep}~/named{os.pathsep}")
    shelf = Shelf()
    assert shelf.names() == ["mnist", "own", "far"]
    assert shelf.folder("mnist") == SHIPPED / "mnist"
    assert (shelf.folder("own"), shelf.folder("far")) == (own / "own", named / "far")
    assert sorted(told.partition(" is ")[0] for told in shelf.complaints()) == [
        "the checkpoint mnist", "the checkpoint own",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("root", "why"),
    [("missing", "it is no folder"), ("file", "it is no folder"), ("empty", "it holds no checkpoint"),
     ("full/tiny", "it is a checkpoint itself"), ("loop", "no folder|leads back to itself"),
     ("~nobody-of-this-name", "it is no folder")],
)  # fmt: skip
def test_a_root_that_holds_nothing_is_told_and_does_no_harm(tmp_path, monkeypatch, root, why):
    tiny_checkpoint(tmp_path / "full" / "tiny")
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DDPM_CHECKPOINTS", os.pathsep.join((root, "full")))
    shelf = Shelf()
    assert shelf.names() == ["mnist", "tiny"]
    (told,) = shelf.complaints()
    assert told.startswith(f"DDPM_CHECKPOINTS names {root}: ") and re.search(why, told)


def test_a_current_folder_that_is_gone_does_no_harm(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert Shelf().names() == ["mnist"]


def test_the_shipped_checkpoint_goes_by_its_name_where_there_is_none_of_one_s_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mnist = SHIPPED / "mnist"
    assert [checkpoint_folder(given) for given in ("mnist", "checkpoints/mnist", "./checkpoints/mnist/")] == [mnist] * 3
    for elsewhere in ("nowhere", "models/mnist", "/checkpoints/mnist", "", ".", "checkpoints/../mnist", "x" * 3000):
        assert checkpoint_folder(elsewhere) == Path(elsewhere)
    (tmp_path / "checkpoints").mkdir()
    link = tmp_path / "checkpoints" / "mnist"
    link.write_text(os.path.relpath(mnist, link.parent))  # as git writes a link where the system makes none
    assert checkpoint_folder(link) == checkpoint_folder("checkpoints/mnist") == mnist
    link.write_text(str(tmp_path))
    assert checkpoint_folder(link) == link
    link.unlink()
    tiny_checkpoint(link)
    assert checkpoint_folder("checkpoints/mnist") == Path("checkpoints/mnist")


def test_the_link_in_the_checkout_is_the_shipped_checkpoint():
    link = Path(__file__).parents[3] / "checkpoints" / "mnist"
    assert checkpoint_folder(link).resolve() == SHIPPED / "mnist"
