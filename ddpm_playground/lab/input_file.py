"""What stands in a file, as text; and why there is none, in words that are ours."""

import codecs
import errno
from pathlib import Path

from ..core.phrase import Phrase, Refusal

MAX_BYTES = 10 * 2**20
# What a system answers → what that means.
TROUBLES = {
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of its path is a file and no folder",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "this user may not open it",
    errno.EPERM: "this user may not open it",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ELOOP: "its links lead round in a circle",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the disk is read-only",
    errno.EEXIST: "something of that name is there already",
    errno.EIO: "the system cannot read or write there",
}
MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))  # fmt: skip


def trouble(error: OSError) -> str:
    """Why a file cannot be had, as a part of a sentence."""
    return TROUBLES.get(error.errno or 0, "the system refuses it")


def is_there(path: Path) -> bool:
    """Whether something has this path; False too where the system cannot even look."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether this is a folder that can be looked into."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_file(path: Path) -> tuple[str, list[Phrase]]:
    """The text of a file, and what should be known of how it was written.

    Raises:
        ValueError: not there, no regular file, unreadable, over 10 MB, or no text.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise Refusal("{path} is neither a file nor a folder; give a JSON or CSV file", path=path)
        if size > MAX_BYTES:
            raise Refusal(
                "{name} must be at most {most} MB, got {got} MB; give a smaller file",
                name=path.name,
                most=MAX_BYTES >> 20,
                got=f"{size / 2**20:,.0f}",
            )
        with path.open("rb") as file:
            # Some files of the system have no size and no end.
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise Refusal(
                "there is no file or folder {path}; give one that exists, or a schedule's name", path=path
            ) from None
        raise Refusal("{path} cannot be read: {error}; give another file", path=path, error=trouble(error)) from None
    if len(raw) > MAX_BYTES:
        raise Refusal("{name} must be at most {most} MB; give a smaller file", name=path.name, most=MAX_BYTES >> 20)
    return _decoded(raw, path.name)


def _decoded(raw: bytes, name: str) -> tuple[str, list[Phrase]]:
    """Bytes as text: UTF-8, or what their mark at the start says."""
    encoding = next((kind for mark, kind in MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal("{name} is no text in UTF-8; give JSON or CSV", name=name) from None
    # Two bytes that look like a mark make letters of anything.
    if "\0" in text or (encoding[:5] in ("utf-1", "utf-3") and not text.strip()[:1].isascii()):
        raise Refusal("{name} is no text in UTF-8; give JSON or CSV", name=name)
    return text, [] if encoding == "utf-8" else [
        Phrase(
            "written in {encoding} with a mark at its start; diffusers reads only UTF-8 without one",
            encoding=encoding.removesuffix("-sig").upper(),
        )
    ]
