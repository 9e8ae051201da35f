"""Where exported networks are kept between two starts."""

import contextlib
import os
import stat
import tempfile
from functools import cache
from pathlib import Path

NAME = "ddpm-playground"
LIMIT, MOST_MB = "DDPM_CACHE_MB", 4096
PLACE = "ddpm-cache"  # among the temporary ones; what is called as the page's own files goes with the page


def cache_folder() -> Path | None:
    """$DDPM_CACHE; else the user's cache folder; where there is none, or none that can be written, a temporary one.

    A container often has neither a home nor a name for its user. None where nothing can be written at all.
    """
    own = os.environ.get("DDPM_CACHE")
    if own:
        return Path(own)
    for folder in _of_user():
        if _usable(folder):
            return folder
    return _temporary()


def most_bytes() -> int:
    """What all exports together may take: $DDPM_CACHE_MB; 0 keeps none."""
    try:
        return max(0, int(os.environ.get(LIMIT, MOST_MB))) * 2**20
    except ValueError:
        return MOST_MB * 2**20


def make_room(place: Path, size: int, pattern: str) -> bool:
    """Remove from a folder what was used longest ago, until a file of `size` bytes fits in with the others.

    Args:
        place: where it will be; what is there now does not count.
        size: of the file, in bytes.
        pattern: of the files that count, and may go.

    Returns:
        Whether it fits; where it is larger than all may be, nothing goes.
    """
    left = most_bytes() - size
    if left < 0:
        return False
    found: list[tuple[float, int, Path]] = []
    for path in place.parent.glob(pattern):
        with contextlib.suppress(OSError):  # another process was quicker
            about = path.lstat()
            if path != place and stat.S_ISREG(about.st_mode):
                found.append((about.st_mtime, about.st_size, path))
    for _, taken, path in sorted(found, reverse=True):
        left -= taken
        if left < 0:
            with contextlib.suppress(OSError):
                path.unlink()
    return True


def _of_user() -> list[Path]:
    """The user's cache folders, in the order in which they are tried."""
    found = [Path(named) / NAME] if (named := os.environ.get("XDG_CACHE_HOME")) else []
    with contextlib.suppress(RuntimeError):  # no HOME, and no user of that number
        found.append(Path.home() / ".cache" / NAME)
    return found


def _usable(folder: Path) -> bool:
    """Whether it is there or can be made, and can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@cache
def _temporary() -> Path | None:
    """A folder among the temporary ones that is this user's own, the same at every start where that can be had."""
    try:
        folder = Path(tempfile.gettempdir()) / f"{PLACE}-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if _is_own(folder):
            return folder
        return Path(tempfile.mkdtemp(prefix=f"{PLACE}-"))  # somebody else was there first: what lies there is theirs
    except OSError:
        return None


def _is_own(folder: Path) -> bool:
    """Whether it is a folder, no link, of this user, that nobody else may write to."""
    found = folder.lstat()
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISDIR(found.st_mode) and mine and not found.st_mode & 0o022
