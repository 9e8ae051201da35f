"""One line of the table, and how its two sides are measured."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement beside what it is held against.

    Attributes:
        what: what was measured.
        ours: its value.
        against: what it is compared with.
        theirs: that one's value; None where the goal is a value of its own.
        unit: of both values.
        ratio: the ratio that the goal speaks of.
        goal: "≥ 3" or "≤ 1.1".
    """

    what: str
    ours: float
    against: str
    theirs: float | None
    unit: str
    ratio: float
    goal: str

    @property
    def met(self) -> bool:
        """Whether the ratio keeps the goal."""
        sign, bound = self.goal.split()
        return self.ratio >= float(bound) if sign == "≥" else self.ratio <= float(bound)

    def __str__(self) -> str:
        theirs = "–" if self.theirs is None else f"{self.theirs:.4g} {self.unit}"
        ours, verdict = f"{self.ours:.4g} {self.unit}", "met" if self.met else "missed"
        return f"| {self.what} | {ours} | {self.against} | {theirs} | {self.ratio:.2f} | {self.goal} | {verdict} |"


HEADER = "| what | here | against | there | ratio | goal | |\n|---|---|---|---|---|---|---|"


def seconds(way: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def interleaved(*ways: Callable[[], object], rounds: int = 3) -> list[float]:
    """Median seconds of each way, run in turn, so that a busy machine slows all alike."""
    taken = [[seconds(way) for way in ways] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]
