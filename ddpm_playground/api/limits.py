"""How long a deed may take here, and whether anybody waits for it; without limits where a program calls it itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from ..core.phrase import Refusal


class Bounds(NamedTuple):
    """Until when, how long that is, and whether it is still wanted."""

    end_s: float
    seconds: float
    given_up: Callable[[], bool]


_BOUNDS: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def within(seconds: float, given_up: Callable[[], bool]) -> Iterator[None]:
    """Inside, `go_on` refuses once so many seconds have gone, or once `given_up` says so."""
    token = _BOUNDS.set(Bounds(time.monotonic() + seconds, seconds, given_up))
    try:
        yield
    finally:
        _BOUNDS.reset(token)


def go_on() -> None:
    """Called between the steps of a long deed.

    Raises:
        ValueError: it has taken too long, or nobody waits for it any more.
    """
    bounds = _BOUNDS.get()
    if bounds is None:
        return
    if bounds.given_up():
        raise Refusal("nobody waits for this any more; ask anew")
    if time.monotonic() > bounds.end_s:
        raise Refusal(
            "this takes longer than {most} s, the most that one request may take here; ask for less",
            most=f"{bounds.seconds:g}",
        )
