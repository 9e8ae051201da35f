"""Files that a program has uploaded for a deed: what is in them takes their place, so no deed ever reads a path."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.phrase import Refusal
from ...lab.input_file import MAX_BYTES, read_file
from ..serving.files import FILES, Files

MARK = "gradio.FileData"


def with_contents(given: Mapping[str, Any], pictures: tuple[str, ...], files: Files = FILES) -> dict[str, Any]:
    """The arguments with a text in place of each uploaded file, and a data: URL in place of an uploaded picture.

    Args:
        given: the arguments as they came.
        pictures: names of those that are pictures.
        files: where uploads lie.

    Raises:
        ValueError: no upload of this server, too large, or no text.
    """
    found = dict(given)
    for name, value in given.items():
        if is_upload(value):
            path = _uploaded(value["path"], files)
            found[name] = _data_url(path) if name in pictures else read_file(path)[0]
    return found


def is_upload(value: object) -> bool:
    """Whether this is how Gradio's clients name a file: an object with its path, marked as one."""
    if not isinstance(value, dict) or "path" not in value:
        return False
    meta = value.get("meta")
    return isinstance(meta, dict) and meta.get("_type") == MARK


def _uploaded(named: object, files: Files) -> Path:
    """A file below this server's own folder of uploads, whatever its name says."""
    root = files.root.resolve()
    try:
        path = Path(named if isinstance(named, str) else "").resolve()
        there = path.is_relative_to(root) and path.parent != root and path.is_file()
    except (OSError, ValueError, RuntimeError):
        there = False
    if not there:
        raise Refusal("this file was not uploaded here, or is gone since; upload it again")
    return path


def _data_url(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("a picture may have at most {most} MB; make it smaller", most=MAX_BYTES >> 20)
    return "data:application/octet-stream;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
