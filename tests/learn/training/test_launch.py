"""Several processes of one launch are one training, one sampling; two that are none never write into one folder."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from ddpm_playground.cli import main
from ddpm_playground.core.writing import HOST
from ddpm_playground.engine import launch as launching
from ddpm_playground.engine.launch import ALONE, Launch, MissingAccelerate, launched
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError
from ddpm_playground.learn.training.folder_lock import LOCK, OWNER, locked
from ddpm_playground.learn.training.loop import train
from ddpm_playground.learn.training.training_state import load_state
from tests.launching import deeds
from tests.learn.training.test_training import tiny

# A bias of attention's keys moves all scores of a query alike, which softmax does not see: its gradient is rounding.
UNSEEN = "to_k.bias"


@pytest.mark.slow
def test_two_processes_do_what_one_does(idx_folder: Callable[..., Path], tmp_path: Path, capsys) -> None:
    """Training to 1e-5 after 20 steps, also resumed by another number of processes; pictures and bound bit by bit."""
    folder, one, two = idx_folder(size=4), tmp_path / "one", tmp_path / "two"
    common = [
        "train", "--data", str(folder), "--batch-size", "9", "--T", "6", "--channels", "16", "16", "--warm-up", "40",
        "--decay", "0", "--precision", "fp32", "--device", "cpu", "--variance", "learned", "--predict", "v",
        "--objective", "vlb",  # whose t follow from the errors that all processes found
    ]  # fmt: skip
    drawing = ["sample", "--checkpoint", str(one), "--num-samples", "11", "--device", "cpu", "--out"]
    measuring = [
        "evaluate", "--bound", "--checkpoint", str(one), "--data", str(folder), "--num-images", "9", "--device", "cpu",
        "--json",
    ]  # fmt: skip
    rows = np.random.default_rng(0).standard_normal((6, 11, 1, 4, 4), np.float32)
    np.savez(tmp_path / "noises.npz", x_T=rows[0], z=rows[1:])
    noised = [*drawing, "{}", "--float", "--noises", str(tmp_path / "noises.npz"), "--engine", "eager"]
    alone, launch, _, drawn, with_rows, measured, refused = deeds(
        (1, [*common, "--out", str(one), "--steps", "20"]),
        (2, [*common, "--out", str(two), "--steps", "10"]),
        (1, [*common, "--out", str(two), "--steps", "20", "--resume"]),
        (2, [*drawing, str(tmp_path / "two.npz")]),
        (2, [word.format(tmp_path / "two_rows.npz") for word in noised]),
        (2, measuring),
        (2, [*common, "--out", str(two)]),
    )
    assert [code for code, *_ in (*alone, *launch, *drawn, *with_rows, *measured)] == [0] * 9
    assert launch[0][2].count("held-out loss") > 0 and launch[1][1:] == drawn[1][1:] == measured[1][1:] == ("", "")
    assert any(code == 2 for code, *_ in refused)
    assert "".join(error for *_, error in refused).count("add --resume to go on, or choose another --out") == 1

    (left, facts), (right, _) = (load_state(Path(f"{out}.training") / "state.safetensors") for out in (one, two))
    assert left.keys() == right.keys() and facts["step"] == 20
    for name, value in left.items():
        if UNSEEN not in name:
            torch.testing.assert_close(right[name], value, atol=1e-5, rtol=0, msg=name)
    losses = [json.loads((out / "training.json").read_text())["held_out_loss"] for out in (one, two)]
    assert losses[0] == pytest.approx(losses[1], abs=1.5e-5)  # written with five digits

    assert main([*drawing, str(tmp_path / "one.npz")]) == 0
    assert main([word.format(tmp_path / "one_rows.npz") for word in noised]) == 0
    first, second = (np.load(tmp_path / f"{name}_rows.npz")["x_0"] for name in ("one", "two"))
    np.testing.assert_allclose(first, second, atol=1e-3)
    first, second = (np.load(tmp_path / f"{name}.npz") for name in ("one", "two"))
    assert np.array_equal(first["images"], second["images"]) and np.array_equal(first["labels"], second["labels"])
    capsys.readouterr()
    assert main(measuring) == 0
    alone_bound, their_bound = (json.loads(text) for text in (capsys.readouterr().out, measured[0][1]))
    assert alone_bound["vb"] == pytest.approx(their_bound["vb"], abs=1e-12)
    assert alone_bound["variance_type"] == "learned_range" and alone_bound["w"] is None


def test_a_folder_that_is_being_trained_in_is_refused_with_its_owner(
    idx_folder: Callable[..., Path], tmp_path: Path
) -> None:
    settings, out = tiny(idx_folder(), steps=1), tmp_path / "out"
    with locked(tmp_path / "out.training", out, "python -m ddpm_playground train --seed 7"):
        with pytest.raises(CheckpointError, match=f"another training writes to .*out: process {os.getpid()} on {HOST}"):
            train(settings, out, device="cpu")
        with pytest.raises(CheckpointError, match=r"--seed 7\); wait for it or end it, or choose another --out"):
            train(settings, out, device="cpu", resume=True)
    assert not (tmp_path / "out.training").exists() and not out.exists()


def test_the_lock_of_a_killed_training_is_taken_over_and_told(tmp_path: Path, capsys) -> None:
    """What is left of it is a name; the system has given its lock back."""
    folder = tmp_path / "out.training"
    folder.mkdir()
    (folder / LOCK).touch()
    (folder / OWNER).write_text(json.dumps({"process": 4711, "host": "elsewhere", "since": "then", "command": "c"}))
    with locked(folder, tmp_path / "out", ""):
        assert "was killed: process 4711 on elsewhere, since then (c)" in capsys.readouterr().err
        assert json.loads((folder / OWNER).read_text())["process"] == os.getpid()
    folder.mkdir()
    (folder / OWNER).write_text("no JSON")
    refused = pytest.raises(CheckpointError, match="nothing says which process")
    with FileLock(folder / LOCK), refused, locked(folder, tmp_path / "out", ""):
        pass


def test_a_refused_training_leaves_nothing_behind(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        train(tiny(idx_folder(), batch_size=4000), tmp_path / "out", device="cpu")
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("out")]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [1, 5, 12])
def test_the_shares_of_all_processes_are_all(size: int, count: int) -> None:
    things = list(range(count))
    parts = [things[Launch(rank, size).share(count)] for rank in range(size)]
    assert [each for part in parts for each in part] == things
    assert sorted(each for rank in range(size) for each in Launch(rank, size).own(things)) == things
    assert ALONE.spread(things, str) == list(map(str, things))


def test_without_accelerate_several_processes_are_refused_and_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "accelerate", None)
    with launched("cpu") as launch:
        assert launch is ALONE
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(MissingAccelerate, match="2 processes .* pip install 'accelerate"), launched("cpu"):
        pass


def test_a_launcher_that_began_one_process_instead_of_several_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_PORT", "29500")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with launched("cpu") as launch:
        assert launch is ALONE and launching.launched_size() == 1
    assert "torchrun --nproc-per-node N" in capsys.readouterr().err
