"""Files that a program has uploaded for a deed: what is in them takes their place, so no deed ever reads a path."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.phrase import Refusal
from ...lab.input_file import MAX_BYTES, read_file
from ..serving.files import FILES, GONE, Files, is_upload, uploaded


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
            path = uploaded(value, files)
            if path is None:
                raise Refusal(GONE)
            found[name] = _data_url(path) if name in pictures else read_file(path)[0]
    return found


def _data_url(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("a picture may have at most {most} MB; make it smaller", most=MAX_BYTES >> 20)
    return "data:application/octet-stream;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
