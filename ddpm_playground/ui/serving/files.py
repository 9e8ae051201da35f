"""The one place that makes, lists and removes temporary files.

Every name is made here: no text from a client becomes part of a path. What a visitor made goes when the visitor goes;
the whole folder goes with the process, and what an earlier process left is removed at the next start.
"""

import atexit
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...core.phrase import Refusal

try:
    import fcntl
except ImportError:  # not on Windows: there a folder in use cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

PREFIX = "ddpm-playground-"
LOCK = ".in-use"
TRAINED = "trained "  # before the name of a visitor whose saved network it is
LENT = "lent "  # before the address of a program that asked for a file
TIMED = (TRAINED, LENT)  # these go after a time of their own, whether their visitor has closed or not
VISITOR_BYTES, ALL_BYTES = 256 * 2**20, 2 * 2**30


class Files:
    """Files below one folder of this process's own.

    Args:
        above: where the folder is made.
        visitor_bytes: the most that one visitor's files may take.
        all_bytes: the most that all files may take, Gradio's among them.
    """

    def __init__(
        self, above: Path | None = None, visitor_bytes: int = VISITOR_BYTES, all_bytes: int = ALL_BYTES
    ) -> None:
        self.visitor_bytes, self.all_bytes = visitor_bytes, all_bytes
        self._above = above
        self._owned: dict[str, list[Path]] = {}
        self._held: list[int] = []
        self._root: Path | None = None
        self._lock = threading.RLock()

    @property
    def root(self) -> Path:
        """The folder; made when it is first needed, once what is left of ended processes is gone."""
        with self._lock:
            if self._root is None:
                above = self._above or Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
                above.mkdir(parents=True, exist_ok=True)
                self._remove_left_over(above)
                self._root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=above))
                self._hold(self._root)
                atexit.register(self.clear)
            return self._root

    def hold_gradios(self) -> None:
        """Have Gradio keep what it uploads and serves in this folder too; what lies there it serves without a copy."""
        os.environ["GRADIO_TEMP_DIR"] = str(self.root)

    def _hold(self, folder: Path) -> None:
        """Mark a folder as used for as long as this process lives."""
        number = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX)
        self._held.append(number)

    def _remove_left_over(self, above: Path) -> None:
        """Remove the folders of processes that have ended without doing so."""
        for folder in above.glob(f"{PREFIX}*"):
            try:
                number = os.open(folder / LOCK, os.O_RDWR)
            except OSError:
                continue  # another user's, or just being made
            try:
                if fcntl is not None:
                    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            except OSError:
                pass  # its process lives
            finally:
                os.close(number)

    def used(self) -> int:
        """Bytes of all files."""
        return sum(_size(path) for path in self.root.rglob("*"))

    def used_by(self, visitor: str) -> int:
        """Bytes of one visitor's files."""
        with self._lock:
            return sum(_size(path) for path in self._owned.get(visitor, ()))

    def has_room(self, visitor: str, size: int) -> bool:
        """Whether a file of `size` bytes may still be made for a visitor."""
        return self.used_by(visitor) + size <= self.visitor_bytes and self.used() + size <= self.all_bytes

    @contextmanager
    def new(self, visitor: str, name: str, size: int = 0) -> Iterator[Path]:
        """Where a new file of a visitor goes, in a folder of its own; what was begun is removed if that fails.

        Args:
            visitor: whose it is.
            name: what the file is called, in this project's own words.
            size: about how many bytes it will have.

        Raises:
            ValueError: the visitor's files, or all together, would be too large.
        """
        if not self.has_room(visitor, size):
            raise Refusal(
                "files may take {each} MB for each visitor and {all} MB in all; make a smaller one, or reload the "
                "page to let go of yours",
                each=self.visitor_bytes // 2**20,
                all=self.all_bytes // 2**20,
            )
        folder = self.root / "made" / secrets.token_hex(8)
        folder.mkdir(parents=True)
        path = folder / name
        self.give(visitor, path)
        try:
            yield path
        except BaseException:
            self.remove(visitor, path)
            raise

    def give(self, visitor: str, path: Path) -> None:
        """From now on a file below the folder is this visitor's, and goes with him."""
        path = Path(os.path.abspath(path))
        if not path.is_relative_to(self.root):
            return
        with self._lock:
            owned = self._owned.setdefault(visitor, [])
            if path not in owned:
                owned.append(path)

    def remove(self, visitor: str, path: Path) -> None:
        """One file of a visitor goes; does nothing where it has gone."""
        with self._lock:
            if path in self._owned.get(visitor, []):
                self._owned[visitor].remove(path)
        path.unlink(missing_ok=True)
        if path.parent != self.root:
            shutil.rmtree(path.parent, ignore_errors=True)

    def release(self, visitor: str) -> None:
        """The visitor has left: remove what is his."""
        with self._lock:
            owned = self._owned.pop(visitor, [])
        for path in owned:
            self.remove(visitor, path)

    def release_closed(self, is_closed: Callable[[str], bool]) -> None:
        """Remove the files of visitors who have gone without a word; what has a time of its own stays so long."""
        for visitor in list(self._owned):
            if not visitor.startswith(TIMED) and is_closed(visitor):
                self.release(visitor)

    def clear(self) -> None:
        """Remove everything: the process ends."""
        with self._lock:
            if self._root is not None:
                shutil.rmtree(self._root, ignore_errors=True)
            self._root = None
            self._owned.clear()
            while self._held:
                os.close(self._held.pop())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


MARK = "gradio.FileData"
GONE = "this file was not uploaded here, or is gone since; upload it again"


def is_upload(value: object) -> bool:
    """Whether this is how Gradio's clients name a file: an object with its path, marked as one."""
    if not isinstance(value, dict) or "path" not in value:
        return False
    meta = value.get("meta")
    return isinstance(meta, dict) and meta.get("_type") == MARK


def uploaded(value: Mapping[str, Any], files: Files | None = None) -> Path | None:
    """The file that such an object names, if it lies below this server's own folder, whatever its name says."""
    named, root = value.get("path"), (files or FILES).root.resolve()
    try:
        path = Path(named if isinstance(named, str) else "").resolve()
        there = path.is_relative_to(root) and path.parent != root and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if there else None


FILES = Files()
