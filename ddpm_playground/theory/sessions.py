"""What the server remembers of its visitors: a few runs that go on where they stood."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Run = TypeVar("Run")
Key = tuple[str, ...]


class Sessions(Generic[Run]):
    """The runs that were asked for last, each of them its key's own.

    Args:
        make: makes the run of a key, (*key) → run.
        most: how many are kept; the one that has rested longest goes first.
    """

    def __init__(self, make: Callable[..., Run], most: int = 8) -> None:
        self.make, self.most = make, most
        self._kept: OrderedDict[Key, tuple[Run, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def held(self, *key: str) -> Iterator[Run]:
        """The run of that key, made where there is none, for one holder at a time."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (self.make(*key), threading.Lock())
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
            run, own = self._kept[key]
        with own:
            yield run
