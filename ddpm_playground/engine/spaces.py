"""The GPU that a Hugging Face Space lends for the length of a call: taken for as long as it will be needed.

A Space counts the functions that use its GPU when it starts, so each is decorated where its module is imported. How
long a call may take is asked for beforehand, out of the visitor's share: from the number of steps, the number of
pictures and the time that a step of this network took when it last ran here.
"""

import importlib
import importlib.util
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

# A worker's start, the weights' way onto the card and the first step, which compiles.
START_S = 15.0
FIRST_STEP_S = 0.05  # of a step that was not measured yet, for PER_STEP pictures: a guess on the high side
PER_STEP = 16
MARGIN = 1.5
LEAST_S, MOST_S = 20, 120
MOST_NETWORKS = 100
T = TypeVar("T")


def shared_gpu() -> ModuleType | None:
    """The `spaces` package where it is installed and the Space shares a GPU, else None."""
    if os.environ.get("SPACES_ZERO_GPU", "").lower() not in ("1", "t", "true") or not importlib.util.find_spec(
        "spaces"
    ):
        return None
    return importlib.import_module("spaces")


def with_shared_gpu(fn: Callable[..., Any], seconds: Callable[..., int]) -> Callable[..., Any]:
    """`fn` run where the shared GPU is, or `fn` itself where there is none.

    Args:
        fn: a function or generator of this module's level, whose arguments and values can be pickled.
        seconds: of the same arguments, how long it may take.
    """
    spaces = shared_gpu()
    return fn if spaces is None else spaces.GPU(duration=seconds)(fn)


class StepTime(NamedTuple):
    """A measured step.

    Attributes:
        count: how many pictures the network was asked of.
        seconds: what it took.
        in_chain: whether it is the median of a chain's steps, rather than a call of the network by itself.
    """

    count: int
    seconds: float
    in_chain: bool = True


class StepTimes:
    """How long a step of each network takes here, measured as chains run."""

    def __init__(self) -> None:
        self._measured: dict[str, StepTime] = {}
        self._lock = threading.Lock()

    def known(self, network: str) -> StepTime | None:
        """What was measured of this network last; None where nothing was."""
        with self._lock:
            return self._measured.get(network)

    def note(self, network: str, took: StepTime) -> None:
        """Keep a measurement; of a call by itself only where no chain has run yet."""
        with self._lock:
            known = self._measured.get(network)
            if known is not None and known.in_chain and not took.in_chain:
                return
            self._measured.pop(network, None)
            self._measured[network] = took
            while len(self._measured) > MOST_NETWORKS:
                del self._measured[next(iter(self._measured))]

    def step_s(self, network: str, count: int) -> float:
        """Seconds that a step of `count` pictures takes: as measured, or for more of them in proportion."""
        with self._lock:
            known = self._measured.get(network, StepTime(PER_STEP, FIRST_STEP_S))
        return known.seconds * max(1.0, count / known.count)

    def seconds(self, network: str, num_steps: int, count: int) -> int:
        """Whole seconds to ask for, for so many steps of so many pictures, within LEAST_S and MOST_S."""
        wanted = START_S + MARGIN * num_steps * self.step_s(network, count)
        return max(LEAST_S, min(MOST_S, math.ceil(wanted)))

    def measured(self, network: str, count: int, steps: Iterator[T]) -> Iterator[T]:
        """The steps as they come; the time between them is kept, but for the first, which brings the start."""
        took: list[float] = []
        last_s = None
        try:
            for step in steps:
                now_s = time.perf_counter()
                if last_s is not None:
                    took.append(now_s - last_s)
                yield step
                last_s = time.perf_counter()
        finally:
            if took:
                self.note(network, StepTime(count, statistics.median(took)))
            close: Callable[[], None] | None = getattr(steps, "close", None)
            if close is not None:
                close()


STEP_TIMES = StepTimes()
