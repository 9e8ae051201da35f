"""Where exported networks are kept between two starts."""

import contextlib
import os
import stat
import tempfile
from functools import cache
from pathlib import Path

NAME = "ddpm-playground"
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
