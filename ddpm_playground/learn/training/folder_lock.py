"""One training at a time in one folder: a lock with its owner's name, which dies with the owner."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...core.phrase import Phrase
from ...core.writing import HOST, written
from ..checkpoints.checkpoint_error import CheckpointError

LOCK, OWNER = "lock", "owner.json"


@contextlib.contextmanager
def locked(folder: Path, out: Path, command: str) -> Iterator[None]:
    """Enter with `folder` for this process alone; it is made, and goes again if nothing else is left in it.

    The system gives the lock back when its owner ends, however that comes about: what a killed one leaves is a name in
    owner.json, which is told and written over.

    Args:
        folder: that the lock lies in.
        out: what the reader calls it.
        command: of the training, for whoever comes second.

    Raises:
        CheckpointError: another living process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, owner = FileLock(folder / LOCK, timeout=0), folder / OWNER
    try:
        lock.acquire()
    except Timeout:
        raise CheckpointError(
            "another training writes to {out}: {owner}; wait for it or end it, or choose another --out",
            out=out,
            owner=_told(_read(owner)),
        ) from None
    try:
        if left := _read(owner):
            told = Phrase("the training that wrote to {out} before was killed: {owner}", out=out, owner=_told(left))
            print(f"ddpm_playground: {told}", file=sys.stderr)
        facts = {"host": HOST, "process": os.getpid(), "since": f"{datetime.now():%Y-%m-%d %H:%M}", "command": command}
        with written(owner) as temporary:
            temporary.write_text(json.dumps(facts) + "\n", encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink(missing_ok=True)
            if {path.name for path in folder.iterdir()} == {LOCK}:
                (folder / LOCK).unlink()  # while it is held: nobody else can have it yet
                folder.rmdir()
        lock.release()


def _read(owner: Path) -> dict[str, Any]:
    try:
        found = json.loads(owner.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(owner: dict[str, Any]) -> Phrase:
    """Who it is, as far as it is known."""
    if not owner:
        return Phrase("nothing says which process")
    return Phrase(
        "process {process} on {host}, since {since} ({command})",
        **{name: str(owner.get(name, "?"))[:200] for name in ("process", "host", "since", "command")},
    )
