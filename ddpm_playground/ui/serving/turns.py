"""Heavy deeds take turns: so many of a kind at once, the others wait in line and are told their place."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ...core.phrase import Refusal

POLL_S = 0.2  # how often one who waits looks whether it is his turn


@dataclass(eq=False)
class Turn:
    """One visitor's place in a line.

    Attributes:
        visitor: whose it is.
        given_up: set when its owner has asked anew or has stopped it; who works looks at it and ends.
        token: by which its owner speaks of it; nobody can guess it.
        begun: whether a thread of its own works for it, which then leaves for it.
    """

    line: "Turns"
    visitor: str
    given_up: threading.Event = field(default_factory=threading.Event)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    begun: bool = False

    @property
    def place(self) -> int:
        """How many go before; 0 when it is this one's turn."""
        return self.line.place_of(self)

    def leave(self) -> None:
        """It is over, or no longer wanted; the next may go. Does nothing the second time."""
        self.line.remove(self)

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class Turns:
    """The line of one kind of deed, first come, first served; a visitor stands in it once.

    Args:
        kind: of deed, as a word of the screen: "turns.kind_<kind>".
        at_once: how many may be under way at a time.
        most_waiting: how many may wait besides.
    """

    def __init__(self, kind: str, at_once: int, most_waiting: int) -> None:
        self.kind, self.at_once, self.most_waiting = kind, at_once, most_waiting
        self._line: list[Turn] = []
        self._working: set[int] = set()
        self._lock = threading.Lock()

    def enter(self, visitor: str) -> Turn:
        """A place at the end of the line; an earlier one of the same visitor is given up.

        Raises:
            ValueError: as many wait as may.
        """
        with self._lock:
            for earlier in [turn for turn in self._line if turn.visitor == visitor]:
                earlier.given_up.set()
                if id(earlier) not in self._working:
                    self._line.remove(earlier)
            if len(self._line) >= self.at_once + self.most_waiting:
                raise Refusal("{count} visitors wait for this already; try again in a while", count=self.most_waiting)
            turn = Turn(self, visitor)
            self._line.append(turn)
            return turn

    def place_of(self, turn: Turn) -> int:
        """How many go before a turn; at 0 it counts as under way until it leaves."""
        with self._lock:
            if id(turn) in self._working:
                return 0
            if turn not in self._line:
                return len(self._line)
            before = [other for other in self._line[: self._line.index(turn)] if id(other) not in self._working]
            free = self.at_once - len(self._working)
            if len(before) < free:
                self._working.add(id(turn))
                return 0
            return len(before) + 1 - max(0, free)

    def remove(self, turn: Turn) -> None:
        """A turn is over."""
        with self._lock:
            self._working.discard(id(turn))
            if turn in self._line:
                self._line.remove(turn)

    def give_up(self, holds: Callable[[Turn], bool]) -> None:
        """Give up all turns of which `holds` is true."""
        with self._lock:
            for turn in [turn for turn in self._line if holds(turn)]:
                turn.given_up.set()
                if id(turn) not in self._working:
                    self._line.remove(turn)

    def any_waits(self) -> bool:
        """Whether somebody waits."""
        with self._lock:
            return len(self._line) > len(self._working)

    def __len__(self) -> int:
        """How many wait or are under way."""
        with self._lock:
            return len(self._line)
