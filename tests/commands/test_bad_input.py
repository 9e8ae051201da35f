"""Whatever is given to the command line, it says one sentence and leaves with an honest code."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ddpm_playground import cli
from ddpm_playground.cli import main
from ddpm_playground.core.writing import HOST, PATTERN, beside, sweep, written
from tests.tiny import tiny_checkpoint

OWN_WORDS = re.compile(
    r"Errno|Traceback|recursion depth|4300|embedded null|codec|invalid literal|could not convert string", re.I
)
FULL = "/dev/full"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("bad") / "tiny", T=5)


def said(capsys, *argv: str) -> tuple[int, str]:
    """Exit code and the one line on stderr."""
    try:
        code = main(argv)
    except SystemExit as left:
        code = int(left.code or 0)
    out, err = capsys.readouterr()
    assert code in (1, 2) and out == "" and err.count("\n") == 1, (code, out, err)
    assert not OWN_WORDS.search(err) and 30 < len(err) < 1300, err
    return code, err


SCHEDULE = [
    ["check", ""], ["check", "  "], ["check", "/proc/self/mem"], ["check", "/dev/full"],
    ["check", "x" * 3000], ["check", "a\0b"], ["check", "\udcff"], ["show", "/no/such/file.json"],
    ["show", "linear", "--T", "9" * 5000], ["show", "linear", "--set", "beta_end=" + "9" * 5000],
    ["show", "linear", "--set", "beta_end=nan"], ["show", "linear", "--data-power", "inf"],
    ["export", "linear", "--out", ""], ["export", "linear", "--out", "/proc/x.json"],
    ["export", "linear", "--out", "/dev/null/x.json"], ["export", "linear", "--out", "x" * 300 + ".json"],
    ["export", "linear", "--out", "a\0.json"],
    ["audit", "DDIMScheduler", "--option", "beta_start=" + "[" * 100_000],
    ["audit", "DDIMScheduler", "--option", "beta_start=" + "9" * 5000],
    ["audit", "DDIMScheduler", "--option", "beta_start=NaN"],
    ["audit", ""], ["audit", "\udcff"], ["audit", "DDIMScheduler", "--steps", "9" * 5000],
    ["audit", "DDIMScheduler", "--option", "solver_order=" + "9" * 30],
]  # fmt: skip


@pytest.mark.parametrize("argv", SCHEDULE, ids=lambda argv: " ".join(argv).encode("ascii", "replace").decode()[:50])
def test_schedules(capsys, argv: list[str]) -> None:
    said(capsys, "schedule", *argv)


SAMPLES = [
    ["--checkpoint", ""], ["--checkpoint", "x" * 3000], ["--checkpoint", "a\0b"], ["--checkpoint", "\udcff"],
    ["--checkpoint", "/dev/null/x"], ["--out", ""], ["--out", "/proc/x.npz"], ["--out", "x" * 300 + ".npz"],
    ["--label", "9" * 5000], ["--label", "²"], ["--label", ""], ["--num-samples", "9" * 30], ["--steps", "9" * 5000],
    ["--guidance", "nan"], ["--guidance", "1e999"], ["--eta", "nan", "--sampler", "ddim"], ["--batch-size", "0"],
    ["--seed", "9" * 5000], ["--seed", "-1"], ["--device", ""], ["--engine", ""], ["--nonsense", "y" * 10_000],
]  # fmt: skip


@pytest.mark.parametrize("argv", SAMPLES, ids=lambda argv: " ".join(argv).encode("ascii", "replace").decode()[:40])
def test_samples(capsys, folder: Path, tmp_path: Path, argv: list[str]) -> None:
    given = {"--checkpoint": str(folder), "--out": str(tmp_path / "x.npz")}
    given = {flag: value for flag, value in given.items() if flag != argv[0]}
    said(capsys, "sample", *[word for pair in given.items() for word in pair], *argv)
    assert list(tmp_path.iterdir()) == []


TRAININGS = [
    ["--learning-rate", "0"], ["--learning-rate", "nan"], ["--learning-rate", "inf"], ["--learning-rate", "-1"],
    ["--clip-norm", "0"], ["--ema-decay", "nan"], ["--steps", "0"], ["--steps", "9" * 5000], ["--out", ""],
    ["--out", "/proc/x"], ["--out", "x" * 300], ["--data", ""], ["--data", "x" * 3000], ["--data", "a\0b"],
    ["--teachers", ""], ["--save-minutes", "nan"], ["--threads", "0"], ["--T", "9" * 30],
    ["--seed", "9" * 30], ["--schedule", ""], ["--channels", "8", "9" * 5000],
]  # fmt: skip


@pytest.mark.parametrize("argv", TRAININGS, ids=lambda argv: " ".join(argv)[:40])
def test_trainings(capsys, idx_folder: Callable[..., Path], tmp_path: Path, argv: list[str]) -> None:
    given = {"--data": str(idx_folder()), "--out": str(tmp_path / "new"), "--batch-size": "8", "--channels": "8"}
    given = {flag: value for flag, value in given.items() if flag != argv[0]}
    said(capsys, "train", *[word for pair in given.items() for word in pair], *argv)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (MemoryError(), 1, "the memory is not enough"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:115] can't allocate memory: you tried to allocate 9 bytes"), 1,
         "the memory is not enough"),
        (RecursionError("maximum recursion depth exceeded"), 1, "nested too deep"),
        (OverflowError("int too large to convert to float"), 1, "too large to reckon with"),
        (OSError(errno.ENOSPC, "No space left on device", "/a/b.npz"), 1, "the disk is full, at /a/b.npz"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), 1, "/a/b may not be read or written"),
        (KeyError("x"), 1, "the program itself failed (KeyError: 'x')"),
        (ValueError("Exceeds the limit (4300 digits) for integer string conversion"), 2, "more than 4,300 digits"),
        (ValueError("T is\nlow; raise it"), 2, "T is low; raise it"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)  # fmt: skip
def test_whatever_a_command_raises_is_one_sentence(capsys, monkeypatch, error, code, told) -> None:
    def run(arguments) -> None:
        raise error

    monkeypatch.setattr("ddpm_playground.commands.schedule_command.run", run)
    got, err = said(capsys, "schedule", "show", "linear")
    assert got == code and told in err


def test_what_is_wrong_before_the_command_runs_is_told_too(capsys, monkeypatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "schedule", ("no_such_module", ""))
    assert said(capsys, "schedule", "show", "linear")[0] == 1


@pytest.mark.slow
def test_a_reader_that_has_read_enough() -> None:
    command = [sys.executable, "-m", "ddpm_playground", "schedule", "show", "linear"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 1 and done.stderr == ""


def test_a_terminal_without_greek_and_a_full_disk(capsys, monkeypatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert main(["schedule", "show", "linear"]) == 0
    assert r"\u03b2_t" in (tmp_path / "out").read_text()
    full = open(FULL, "w")  # noqa: SIM115  closing it fails too
    monkeypatch.setattr(sys, "stdout", full)
    assert main(["schedule", "show", "linear"]) == 1
    with contextlib.suppress(OSError):
        full.close()
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "the disk is full" in err


def test_a_device_is_not_replaced_by_a_file(capsys, tmp_path: Path, idx_folder: Callable[..., Path]) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    told = said(capsys, "train-classifier", "--data", str(idx_folder()), "--out", str(fifo))[1]
    assert "no ordinary file" in told and fifo.is_fifo()


KILLED = """
import os, sys, pathlib, time
from ddpm_playground.core.writing import beside
with beside(pathlib.Path(sys.argv[1])) as folder:
    (folder / "x").write_bytes(b"x" * 1000)
    print("there", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_what_a_killed_process_left_is_gone_at_the_next_write_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    target = tmp_path / "file"
    alive, killed = (
        subprocess.Popen([sys.executable, "-c", KILLED, str(target)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    try:
        for process in (alive, killed):
            assert process.stdout is not None and process.stdout.readline() == "there\n"
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)
        assert len(list(tmp_path.glob(PATTERN))) == 2
        with written(target) as temporary:
            temporary.write_text("whole")
        (left,) = tmp_path.glob(PATTERN)
        assert f".{alive.pid}." in left.name and target.read_text() == "whole"
    finally:
        for process in (alive, killed):
            process.kill()
            process.communicate()


def test_only_what_is_stale_is_swept(tmp_path: Path) -> None:
    here = tmp_path / f".ddpm.{HOST}.{os.getpid()}.earlier.writing"
    elsewhere = tmp_path / ".ddpm.another.1.abc.writing"
    unknown = tmp_path / ".ddpm.what.writing"
    for left in (here, elsewhere, unknown):
        left.mkdir()
    with beside(tmp_path / "x") as mine:
        sweep(tmp_path)
        assert {*tmp_path.iterdir()} == {elsewhere, unknown, mine}
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(elsewhere, (long_ago, long_ago))
    sweep(tmp_path)
    assert {*tmp_path.iterdir()} == {unknown}
