"""Where exported networks are kept, and what becomes of it where that cannot be."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddpm_playground.core.writing import HOST
from ddpm_playground.engine import cache as cache_module
from ddpm_playground.engine import onnx_cpu
from ddpm_playground.engine.cache import cache_folder
from ddpm_playground.engine.onnx_cpu import onnx_network
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint

from ..tiny import tiny_checkpoint

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user without a home: only a temporary folder."""
    for name in ("DDPM_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("Could not determine home")))
    monkeypatch.setattr(cache_module.tempfile, "gettempdir", lambda: str(tmp_path))
    temporary = cache_module._temporary
    temporary.cache_clear()
    yield tmp_path
    temporary.cache_clear()


def test_without_a_home_a_temporary_folder_of_the_users_own(nowhere: Path) -> None:
    folder = cache_folder()
    assert folder == nowhere / f"ddpm-cache-{os.getuid()}" and folder.stat().st_mode & 0o777 == 0o700
    cache_module._temporary.cache_clear()
    assert cache_folder() == folder


def test_a_home_that_cannot_be_written_is_as_good_as_none(nowhere: Path, monkeypatch) -> None:
    (nowhere / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere / "file"))
    monkeypatch.setattr(Path, "home", lambda: nowhere / "file")
    assert cache_folder() == nowhere / f"ddpm-cache-{os.getuid()}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere / "own"))
    assert cache_folder() == nowhere / "own" / "ddpm-playground"


@pytest.mark.parametrize("kind", ["link", "open", "file"])
def test_a_folder_that_somebody_else_laid_there_is_not_used(nowhere: Path, monkeypatch, kind: str) -> None:
    place = nowhere / f"ddpm-cache-{os.getuid()}"
    if kind == "link":
        (nowhere / "theirs").mkdir()
        place.symlink_to(nowhere / "theirs")
    elif kind == "open":
        place.mkdir()
        place.chmod(0o777)
    else:
        place.write_text("")
    made = nowhere / "made"
    monkeypatch.setattr(cache_module.tempfile, "mkdtemp", lambda prefix: made)
    assert cache_folder() == made


def test_where_nothing_can_be_written_there_is_no_cache_and_onnx_runs(nowhere: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache_module, "_temporary", lambda: None)
    assert cache_folder() is None
    assert onnx_network(load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet, "a")


NO_HOME = """
import os, sys
from ddpm_playground.engine.cache import cache_folder
from ddpm_playground.engine.onnx_cpu import export, onnx_network
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
import onnxruntime
unet = load_checkpoint(sys.argv[1]).unet
export(unet)  # as onnxruntime above: what is imported late may not be readable for others
os.setgroups([]), os.setgid(12345), os.setuid(12345)
onnx_network(unet, "a")
print(sorted(path.suffix for path in cache_folder().iterdir()))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root may take another user's place")
def test_a_process_of_an_unknown_user_without_home_has_onnx_runtime() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own may be read by its user alone
        here = Path(name)
        folder, place = tiny_checkpoint(here / "tiny"), here / "tmp"
        place.mkdir()
        for path in (here, *here.rglob("*")):
            path.chmod(0o755)
        place.chmod(0o777)
        surroundings = {"PATH": os.environ["PATH"], "TMPDIR": str(place), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", NO_HOME, str(folder)], env=surroundings | {"PYTHONPATH": str(ROOT)}, cwd=here,
            capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['.onnx']" and "Traceback" not in done.stderr


def test_a_folder_in_the_files_place_is_replaced_and_what_the_killed_left_is_gone(tmp_path, monkeypatch) -> None:
    own = tmp_path / "cache"
    monkeypatch.setenv("DDPM_CACHE", str(own))
    unet = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet
    onnx_network(unet, "a")
    (kept,) = own.iterdir()
    kept.unlink()
    kept.mkdir()
    (kept / "x").write_text("x")
    old = own / f".ddpm.{HOST}.{2**22 + 1}.abc.writing"
    old.mkdir()
    (old / kept.name).write_bytes(b"x" * 1000)
    onnx_network(unet, "a")
    assert list(own.iterdir()) == [kept] and kept.is_file()
    monkeypatch.setattr(onnx_cpu, "export", lambda unet: pytest.fail("exported again"))
    onnx_network(unet, "a")


def test_a_full_disk_is_told_and_the_network_runs(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("DDPM_CACHE", str(tmp_path / "cache"))

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert onnx_network(load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet, "a")
    (line,) = capsys.readouterr().err.splitlines()
    assert "is not kept in" in line and "the disk is full" in line and "Errno" not in line
    assert list((tmp_path / "cache").iterdir()) == []
