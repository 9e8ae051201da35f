"""What the server keeps for its visitors, and the one place where a visitor leaves."""

import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from .files import FILES, TRAINED, Files
from .owned import Owned
from .owners import OWNERS, Owners
from .turns import Turns

RELOADED_S = 600.0  # what a visitor saved of a training outlives the page for so long: a reload finds it
T = TypeVar("T")


class Visitors:
    """A page's visitors: their runs, trainings and chapters, their places in the lines, and their files.

    Args:
        owners: who tells which of them have closed without a word.
        files: theirs.

    Attributes:
        belongings: what they have, by kind.
        lines: where they wait, by kind.
    """

    def __init__(self, owners: Owners = OWNERS, files: Files = FILES) -> None:
        self.files = files
        self.belongings: dict[str, Owned[Any]] = {}
        self.lines: dict[str, Turns] = {}
        owners.leaving.add(self)
        weakref.finalize(self, _end, self.belongings)  # at the process's end too

    def keep(self, kind: str, owned: Owned[T]) -> Owned[T]:
        """From now on, what of this kind belongs to a visitor goes when the visitor goes."""
        self.belongings[kind] = owned
        return owned

    def line(self, kind: str, at_once: int, most_waiting: int) -> Turns:
        """A new line for deeds of this kind; who leaves the page leaves it too."""
        self.lines[kind] = Turns(kind, at_once, most_waiting)
        return self.lines[kind]

    def leave(self, owner: str) -> None:
        """A visitor's page was closed: all that is his stops and goes; saved networks stay as long as a reload."""
        for line in self.lines.values():
            line.give_up(lambda turn: turn.visitor == owner)
        for owned in self.belongings.values():
            owned.forget(owner)
        self.files.release(owner)
        later = threading.Timer(RELOADED_S, self.files.release, (TRAINED + owner,))
        later.daemon = True
        later.start()

    def forget_closed(self, is_closed: Callable[[str], bool]) -> None:
        """What belongs to visitors who have gone without a word goes."""
        for owned in self.belongings.values():
            owned.forget_closed(is_closed)
        self.files.release_closed(is_closed)


def _end(belongings: dict[str, Owned[Any]]) -> None:
    for owned in belongings.values():
        owned.forget_all()
