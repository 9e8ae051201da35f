"""Why something failed is told in words, whatever raised it."""

import errno
import os
import pickle
import re
import socket
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from ddpm_playground.core.plain_words import SYSTEM, reason_of
from ddpm_playground.ui.words.language import LANGUAGES
from ddpm_playground.ui.words.refusal import refusal

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_WORDS = re.compile(
    r"\[Errno|\[Errno|os error|Traceback|recursion depth|4300 digits|int too|codec|expected str|literal", re.I
)


def raised(deed) -> BaseException:
    with pytest.raises(BaseException) as found:
        deed()
    return found.value


def nested(depth: int) -> None:
    nested(depth + 1)


def full_disk() -> None:
    with Path("/dev/full").open("ab", buffering=0) as file:
        file.write(b"x")


DEEDS = {
    "no file": lambda: Path("/no/such/file").read_text(),
    "a folder": lambda: Path("/tmp").read_text(),
    "a name too long": lambda: Path("x" * 3000).read_text(),
    "no folder on the way": lambda: Path("/dev/null/x").read_text(),
    "a NUL": lambda: Path("a\0b").read_text(),
    "a surrogate": lambda: "\ud800".encode(),
    "bytes that are no text": lambda: b"\xff".decode(),
    "a folder in /proc": lambda: os.mkdir("/proc/x"),
    "a file that reports a fault": lambda: Path("/proc/self/mem").read_bytes(),
    "5,000 digits": lambda: int("9" * 5000),
    "5,000 digits out": lambda: str(10**5000),
    "no number": lambda: float("much"),
    "an infinite count": lambda: int(float("inf")),
    "a number past float64": lambda: float(10**400),
    "too deep": lambda: nested(0),
    "too much memory": lambda: bytearray(2**62),
    "too much memory for a tensor": lambda: torch.empty(2**50),
    "no port": lambda: socket.create_connection(("127.0.0.1", 1), 5),
    "a disk without room": lambda: full_disk(),
    "division": lambda: 1 / 0,
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_python_says_is_told_in_words(name: str) -> None:
    for told in (reason_of(raised(DEEDS[name])), reason_of(raised(DEEDS[name]), with_path=True)):
        assert not OWN_WORDS.search(told), told
        assert "program itself" not in told
        assert 20 < len(told) < 400 and "\n" not in told and "; " in told
        for language in LANGUAGES[1:]:
            assert CHINESE.search(refusal(told, language)), told


@pytest.mark.parametrize("number", [*SYSTEM, errno.ENOMEM, errno.ECHILD, 9999])
def test_every_kind_of_the_systems_errors(number: int) -> None:
    told = reason_of(OSError(number, os.strerror(number), "/home/somebody/secret/name.json"))
    assert "Errno" not in told and "secret" not in told
    assert CHINESE.search(refusal(told, LANGUAGES[1]))
    if number != errno.ENOMEM and "{what}" in SYSTEM.get(number, "{what}"):
        assert "name.json" in told
        assert "/home/somebody" in reason_of(OSError(number, "", "/home/somebody/name.json"), with_path=True)


def test_a_refusal_of_ours_stays_as_it_is() -> None:
    assert reason_of(ValueError("T must be a whole number; lower it")) == "T must be a whole number; lower it"


def test_the_kinds_that_no_class_tells() -> None:
    assert "memory" in reason_of(MemoryError()) and "memory" in reason_of(RuntimeError("std::bad_alloc"))
    assert "graphics card" in reason_of(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert "ended from outside" in reason_of(BrokenProcessPool("A process in the pool was terminated abruptly"))
    rust = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert reason_of(rust).startswith("the disk is full")
    assert "too large" in reason_of(TypeError("Integer exceeds 64-bit range"))
    assert "no answer" in reason_of(TimeoutError()) and "ended by the other side" in reason_of(ConnectionResetError())
    told = reason_of(pickle.PicklingError("line 1\nline 2 " + "x" * 5000))
    assert "PicklingError: line 1 line 2" in told and len(told) < 400 and "report" in told


def test_a_long_name_is_not_repeated_whole() -> None:
    told = reason_of(raised(lambda: Path("y" * 3000).stat()), with_path=True)
    assert "too long" in told and "3,000 characters" in told and len(told) < 200
