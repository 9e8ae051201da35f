"""Results that are kept, and what an answer had to compute anew: so that the page can say which it was."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_now = threading.local()


@dataclass
class Heard:
    """What kept results did for one answer.

    Attributes:
        computed: those that were computed anew, by function and arguments.
        reused: how often one was used that stood there from before.
    """

    computed: set[tuple[object, ...]] = field(default_factory=set)
    reused: int = 0


@contextmanager
def listening() -> Iterator[Heard]:
    """Counts what this thread asks of kept results."""
    before = getattr(_now, "heard", None)
    _now.heard = Heard()
    try:
        yield _now.heard
    finally:
        _now.heard = before


class Remembered(Generic[P, R]):
    """A function whose results are kept, the `maxsize` used last; it tells those who listen whether it ran.

    A result that another thread computes meanwhile is computed twice, as with functools.lru_cache, which keeps them.
    """

    def __init__(self, function: Callable[P, R], maxsize: int) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._kept = functools.lru_cache(maxsize)(self._run)

    def _run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        _now.ran = True
        return self._function(*args, **kwargs)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result, kept or new."""
        outside, _now.ran = getattr(_now, "ran", False), False
        found = self._kept(*args, **kwargs)  # type: ignore[arg-type]
        heard: Heard | None = getattr(_now, "heard", None)
        if heard is not None:
            key = (self, args, tuple(kwargs.items()))
            if _now.ran:
                heard.computed.add(key)
            else:
                heard.reused += key not in heard.computed
        # Whoever called this one has run if it was running already.
        _now.ran = outside
        return found

    def cache_clear(self) -> None:
        """Forget everything."""
        self._kept.cache_clear()


def remembered(maxsize: int) -> Callable[[Callable[P, R]], Remembered[P, R]]:
    """Decorates a function of hashable arguments: keep its last `maxsize` results."""

    def keep(function: Callable[P, R]) -> Remembered[P, R]:
        return Remembered(function, maxsize)

    return keep
