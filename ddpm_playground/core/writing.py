"""Files that are the old one or the new one, never a part, and nothing left behind by a process that was killed."""

import contextlib
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

# .ddpm.<host>.<process>.<random>.writing: a folder beside what is being written.
HOST = re.sub(r"\W", "", platform.node())[:16] or "here"
NAMED = re.compile(r"\.ddpm\.(?P<host>\w+)\.(?P<process>\d+)\.\w+\.writing")
PATTERN = ".ddpm.*.writing"
STALE_AFTER_S = 24 * 3600  # where nothing tells whether its process lives: another host's, or an unknown name

_under_way: set[Path] = set()  # of this process


@contextlib.contextmanager
def beside(path: Path) -> Generator[Path]:
    """A folder of this process's own on the disk of `path`, gone afterwards; what the killed left there goes too.

    Args:
        path: what will take its place there with `Path.replace`; its parents are made.

    Raises:
        OSError: nothing can be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    prefix = f".ddpm.{HOST}.{os.getpid()}."
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=prefix, suffix=".writing"))
    _under_way.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _under_way.discard(folder)


@contextlib.contextmanager
def written(path: Path) -> Generator[Path]:
    """A file to write that becomes `path` once the block ends well.

    Raises:
        OSError: it cannot be written there.
    """
    with beside(path) as folder:
        yield folder / path.name
        (folder / path.name).replace(path)


def fsync_file(path: Path) -> None:
    """Return once the bytes of a file are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sweep(folder: Path, pattern: str = PATTERN) -> None:
    """Remove what processes that are gone left in a folder; what a living one is at stays."""
    for left in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if left in _under_way or not _stale(left):
                continue
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _stale(left: Path) -> bool:
    """Whether nobody is at it any more."""
    name = NAMED.fullmatch(left.name)
    if name and name["host"] == HOST and os.name == "posix" and not _lives(int(name["process"])):
        return True
    return time.time() - left.lstat().st_mtime > STALE_AFTER_S


def _lives(process: int) -> bool:
    """Whether there is such a process; this one knows what it is at itself."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
