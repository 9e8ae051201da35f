"""What went wrong on this machine, in a sentence: the system's own words are numbers and jargon."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import PurePath

from .later import torch
from .phrase import Phrase, PhrasedError

MOST = 200  # characters of anything that is quoted
# errno → what happened. {what} is the file or place concerned.
SYSTEM: dict[int, str] = {
    errno.ENOENT: "{what} is not there; give a file or folder that exists",
    errno.ENOTDIR: "a part of the path {what} is a file and no folder; give another path",
    errno.EISDIR: "{what} is a folder; give a file",
    errno.EEXIST: "{what} is there already; give another name",
    errno.ENOTEMPTY: "{what} is a folder that is not empty; give another name",
    errno.EACCES: "{what} may not be read or written by this user; change its rights, or give another place",
    errno.EPERM: "{what} may not be read or written by this user; change its rights, or give another place",
    errno.EROFS: "{what} lies on a disk that cannot be written to; give another place",
    errno.ENAMETOOLONG: "the name {what} is too long for a file; give a shorter one",
    errno.ELOOP: "{what} is a link that leads back to itself; remove the link, or give what it should lead to",
    errno.ENOSPC: "the disk is full, at {what}; make room on it, or choose another place",
    errno.EDQUOT: "the user's share of the disk is full, at {what}; make room on it, or choose another place",
    errno.EFBIG: "{what} would be larger than a file may be here; choose another place, or less to write",
    errno.EIO: "{what} cannot be read or written: its disk, or what stands for one, reports a fault; give another file",
    errno.EINVAL: "{what} is nothing that can be read or written so; give another file",
    errno.ESPIPE: "{what} is no ordinary file; give one that is",
    errno.ENXIO: "{what} is no ordinary file; give one that is",
    errno.ENODEV: "{what} is no ordinary file; give one that is",
    errno.EBUSY: "{what} is in use by the system; give another file, or try again",
    errno.ETXTBSY: "{what} is in use by the system; give another file, or try again",
    errno.EXDEV: "{what} lies on another disk than the file beside it; give a place on one disk",
    errno.ESTALE: "{what} lies on a network disk that is gone; connect it again",
    errno.EMFILE: "too many files are open at once; close some, or raise the limit with ulimit -n",
    errno.ENFILE: "too many files are open at once; close some, or raise the limit with ulimit -n",
    errno.EAGAIN: "the machine is out of processes or threads; try again when less is running",
    errno.EPIPE: "whoever should read what was written has gone; try again",
    errno.ECONNREFUSED: "the connection was refused: nothing answers there; see that the server runs, or try again",
    errno.ECONNRESET: "the connection was ended by the other side; try again",
    errno.ECONNABORTED: "the connection was ended by the other side; try again",
    errno.EADDRINUSE: "the address or port is taken by another program; choose another, or end that program",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose 127.0.0.1 or 0.0.0.0",
    errno.ENETUNREACH: "the network cannot be reached; connect the machine, or do without",
    errno.EHOSTUNREACH: "the network cannot be reached; connect the machine, or do without",
    errno.ETIMEDOUT: "no answer came in time; try again",
}
NO_MEMORY = "the memory is not enough for it; ask for less at once, or use a machine with more"
NO_GPU_MEMORY = "the graphics card's memory is not enough for it; ask for less at once, or use the CPU"
TOO_DEEP = "it is nested too deep; give something flatter"
NO_TEXT = "a text holds characters that are no Unicode text in UTF-8; save or type it again"
TOO_MANY_DIGITS = "a number has more than 4,300 digits; give a shorter one"
NO_NUMBER = "a number was expected and something else came; give a number"
HELD_NUL = "a path holds a NUL character, which no file's name can; give another one"
TOO_LARGE = "a number is too large to reckon with; give a smaller one"
NOT_FINITE = "a number became infinite or no number; give a smaller one"
WORKER_GONE = "the process at work was ended from outside, most likely for lack of memory; try again with less"
NO_NAME = "the name of the server is not known here; connect the machine to the network, or correct the name"
NAMELESS = "the file"

# Told apart by their message alone, whatever raises them.
OUT_OF_MEMORY = re.compile(
    r"can't allocate memory|cannot allocate memory|failed to allocate|std::bad_alloc|bad allocation|out of memory"
    r"|enough memory|unable to allocate",
    re.I,
)
DIGITS = re.compile(r"exceeds the limit \(\d+ digits\)", re.I)
NULS = re.compile(r"embedded null (byte|character)", re.I)
NUMBERS = re.compile(r"could not convert string to float|invalid literal for int\(\)", re.I)
NON_FINITE = re.compile(r"cannot convert float (infinity|nan) to integer", re.I)
BITS = re.compile(r"64-bit|too large to convert|int too large|int too big|overflow", re.I)
SYSTEM_NUMBER = re.compile(r"\(os error (\d+)\)")  # as Rust's libraries write it, safetensors among them


def reason_of(error: BaseException, with_path: bool = False) -> Phrase:
    """Why something failed, in one sentence without the system's own words.

    What a PhrasedError tells and a ValueError's sentence stay as they are; a sentence of Python's own does not.

    Args:
        error: whatever was raised.
        with_path: tell whole paths, as a terminal may; a page's visitor learns the last name alone.
    """
    if isinstance(error, PhrasedError):
        return in_one_line(error.phrase)
    return Phrase(_reason(error, " ".join(str(error).split()), with_path))


def in_one_line(phrase: Phrase) -> Phrase:
    """The same without line breaks and runs of blanks."""
    if " ".join(phrase.split()) == phrase:
        return phrase
    values = {
        name: in_one_line(one) if isinstance(one, Phrase) else " ".join(one.split()) if isinstance(one, str) else one
        for name, one in phrase.values.items()
    }
    return Phrase(" ".join(phrase.template.split()), **values)


def _reason(error: BaseException, message: str, with_path: bool) -> str:
    if isinstance(error, torch.OutOfMemoryError):
        return NO_GPU_MEMORY
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if isinstance(error, UnicodeError):
        return NO_TEXT
    number = SYSTEM_NUMBER.search(message)
    if isinstance(error, OSError) or number:
        return _of_system(error, int(number[1]) if number else None, with_path)
    if type(error).__name__ in ("BrokenProcessPool", "BrokenExecutor"):
        return WORKER_GONE
    if isinstance(error, ValueError):
        return _of_value(message)
    if isinstance(error, OverflowError) and NON_FINITE.search(message):
        return NOT_FINITE
    if isinstance(error, OverflowError) or (isinstance(error, TypeError) and BITS.search(message)):
        return TOO_LARGE
    if isinstance(error, (ArithmeticError, FloatingPointError)):
        return NOT_FINITE
    if OUT_OF_MEMORY.search(message):
        return NO_GPU_MEMORY if "CUDA" in message else NO_MEMORY
    return Phrase(
        "the program itself failed ({kind}: {message}); please report it with what you did",
        kind=type(error).__name__,
        message=message[:MOST],
    )


def _of_value(message: str) -> str:
    """A refusal as it is, unless Python's own."""
    for pattern, sentence in ((DIGITS, TOO_MANY_DIGITS), (NULS, HELD_NUL), (NON_FINITE, NOT_FINITE)):
        if pattern.search(message):
            return sentence
    return NO_NUMBER if NUMBERS.match(message) else message


def _of_system(error: BaseException, number: int | None, with_path: bool) -> str:
    """What the system could not do."""
    if isinstance(error, socket.gaierror):
        return NO_NAME
    kind = number if number is not None else getattr(error, "errno", None)
    if kind == errno.ENOMEM:
        return NO_MEMORY
    if kind is None and isinstance(error, TimeoutError):
        kind = errno.ETIMEDOUT
    if kind is None and isinstance(error, ConnectionError):
        kind = errno.ECONNRESET
    names = [name for name in (getattr(error, "filename", None), getattr(error, "filename2", None)) if name]
    what = _shown(names[0], with_path) if names else NAMELESS
    if kind in SYSTEM:
        return Phrase(SYSTEM[kind], what=what)
    message = " ".join(str(getattr(error, "strerror", None) or error).split())
    return Phrase(
        "the system refused it at {what} ({message}); try another place, or again", what=what, message=message[:MOST]
    )


def _shown(name: object, with_path: bool) -> str:
    """A file as it may be told."""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return printable(text if with_path else PurePath(text).name or text)


def printable(text: str) -> str:
    """What somebody gave, as a sentence may quote it: in one line of at most MOST characters that UTF-8 has."""
    shown = text.encode("utf-8", "backslashreplace").decode().replace("\n", " ")
    return shown if len(shown) <= MOST else f"{shown[:40]}… ({len(shown):,} characters)"
