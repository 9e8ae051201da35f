"""Where checkpoints lie: the shipped one within the package, one's own beside it or wherever one says."""

import contextlib
import os
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
SHIPPED = PACKAGE / "data" / "checkpoints"
OWN = "checkpoints"  # the folder for one's own, beside the package in a checkout, and in the current folder
VARIABLE = "DDPM_CHECKPOINTS"
LINK_BYTES = 1000


def named_roots() -> list[Path]:
    """The folders that the environment variable DDPM_CHECKPOINTS names, in its order; ~ is the user's home."""
    found = []
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        if text.strip():
            root = Path(text)
            with contextlib.suppress(RuntimeError):  # no such user: a folder that begins with ~ then
                root = root.expanduser()
            found.append(root)
    return found


def default_roots() -> list[Path]:
    """The folders whose subfolders are checkpoints. Of two with one name, that of the earlier folder is taken.

    The shipped one comes first, so that the chapters and old links mean what they were written for.
    """
    roots = [SHIPPED]
    if (PACKAGE.parent / "pyproject.toml").is_file():  # a checkout; beside an installed package are other packages
        roots.append(PACKAGE.parent / OWN)
    with contextlib.suppress(OSError):  # the current folder has been removed
        roots.append(Path.cwd() / OWN)
    return list(dict.fromkeys([*roots, *named_roots()]))


def checkpoint_folder(given: str | Path) -> Path:
    """The folder that is meant: the one that was given; where none is there, the shipped one of that name.

    `mnist` and `checkpoints/mnist` mean the shipped checkpoint in any folder that has none of its own under that name;
    so does the small file that git writes in place of the link `checkpoints/mnist` where a system makes no links.
    """
    folder = Path(given)
    try:
        if folder.is_dir():
            return folder
        if folder.parent in (Path(), Path(OWN)) and (SHIPPED / folder.name / "unet").is_dir():
            return SHIPPED / folder.name
        if folder.is_file() and folder.stat().st_size < LINK_BYTES:
            target = (folder.parent / folder.read_text(encoding="utf-8").strip()).resolve()
            if target.parent == SHIPPED.resolve() and target.is_dir():
                return target
    except (OSError, RuntimeError, ValueError):  # whoever reads the folder says what is wrong with it
        pass
    return folder
