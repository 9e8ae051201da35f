"""Paths from the command line: what is given, and whether what is asked for can be written."""

import argparse
from pathlib import Path

from ..core.writing import beside

CHECKPOINT_HELP = "pipeline folder, or mnist, the shipped one"


def given(text: str) -> str:
    """A name or path that is one, for `type=` of an argument.

    Raises:
        argparse.ArgumentTypeError: empty, or with a NUL in it.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; give a name or a path")
    if "\0" in text:
        raise argparse.ArgumentTypeError("it holds a NUL character, which no name can; give another one")
    return text


def given_path(text: str) -> Path:
    """As `given`, as a Path: an empty one would mean the current folder."""
    return Path(given(text))


def check_out(path: Path) -> None:
    """Refuse a file that cannot be written, before hours are spent on what goes into it.

    Raises:
        ValueError: a folder of that name, or a device, which writing would replace by a file.
        OSError: it cannot be written there; found out by writing.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give a file name")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no ordinary file; give a file name")
    with beside(path) as folder:
        (folder / path.name).touch()
