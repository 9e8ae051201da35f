"""Temporary files: named here, bounded, and removed with their visitor, their process, or at the next start."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ddpm_playground.learn.training.live_store import LiveStore
from ddpm_playground.ui.serving.files import PREFIX, Files


def test_a_visitors_files_go_with_the_visitor_and_nobody_elses(tmp_path):
    files = Files(tmp_path)
    for visitor in ("a", "b"):
        with files.new(visitor, "run.gif") as path:
            path.write_bytes(b"x" * 100)
    assert files.used_by("a") == files.used_by("b") == 100
    files.release("a")
    left = [p for p in files.root.rglob("*.gif")]
    assert len(left) == 1 and files.used_by("a") == 0 and files.used_by("b") == 100
    files.clear()
    assert not list(tmp_path.iterdir())


def test_what_fails_half_way_leaves_nothing(tmp_path):
    files = Files(tmp_path)
    with pytest.raises(OSError, match="full"), files.new("a", "run.npz") as path:
        path.write_bytes(b"half")
        raise OSError("full")
    assert not [p for p in files.root.rglob("*") if p.suffix == ".npz"] and files.used_by("a") == 0


def test_a_visitor_and_all_together_have_a_limit(tmp_path):
    files = Files(tmp_path, visitor_bytes=1000, all_bytes=1500)
    with files.new("a", "one") as path:
        path.write_bytes(b"x" * 900)
    with pytest.raises(ValueError, match="files may take"), files.new("a", "two", size=200):
        pass
    with files.new("b", "one") as path:
        path.write_bytes(b"x" * 500)
    with pytest.raises(ValueError, match="files may take"), files.new("c", "one", size=200):
        pass
    files.release("a")
    assert files.has_room("c", 200)


@pytest.mark.slow
def test_what_an_ended_process_left_goes_at_the_next_start_and_what_a_living_one_has_stays(tmp_path):
    living = Files(tmp_path)
    with living.new("a", "run.gif") as kept:
        kept.write_bytes(b"x")
    script = (
        "import os, sys; from pathlib import Path; from ddpm_playground.ui.serving.files import Files\n"
        "files = Files(Path(sys.argv[1]))\n"
        "with files.new('a', 'left.gif') as path: path.write_bytes(b'x')\n"
        "os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 2
    assert Files(tmp_path).root.is_dir()
    assert kept.is_file() and not list(tmp_path.rglob("left.gif"))
    living.clear()


def test_only_files_below_the_folder_can_be_given_to_a_visitor(tmp_path):
    files, outside = Files(tmp_path / "in"), tmp_path / "outside.txt"
    (tmp_path / "in").mkdir()
    outside.write_text("mine")
    files.give("a", outside)
    files.give("a", files.root / ".." / ".." / "outside.txt")
    files.release("a")
    assert outside.read_text() == "mine"


def test_an_archive_holds_what_was_saved_and_nothing_that_lies_beside_it(tmp_path):
    folder = tmp_path / "run"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "training.json").symlink_to("/etc/passwd")
    (folder / "other.txt").write_text("another visitor's")
    archive = LiveStore(tmp_path).zipped(folder, folder)
    with zipfile.ZipFile(archive) as file:
        assert file.namelist() == ["unet/config.json"]
    assert os.path.getsize(archive) < 1000
