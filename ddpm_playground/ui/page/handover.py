"""What Forward hands over to Reverse, as the text of a hidden box of the page."""

import json
import time
from dataclasses import dataclass

from ...core.phrase import Refusal
from ...core.plain_words import reason_of
from ...recipe import RANGES
from ...run import Start
from ..words.refusal import refusal
from ..words.text import text
from .component import packed, unpacked

LARGEST = RANGES["size"][1]


@dataclass(frozen=True, eq=False)
class HandOver:
    """A picture to denoise from.

    Attributes:
        start: x_t, its t and its ᾱ_t.
        repeatable: whether the page's address can make it again: a bundled digit, noised in one step.
        label: the class that suits it, or None to leave Class as it is.
    """

    start: Start
    repeatable: bool
    label: str | None = None

    def text(self) -> str:
        """For the hidden box; no two are equal, so that each press counts."""
        start = self.start
        return json.dumps({
            "t": start.t, "shape": list(start.x_t.shape), "x_t": packed(start.x_t), "alpha_bar": start.alpha_bar,
            "repeatable": self.repeatable, "label": self.label, "run": time.monotonic_ns(),
        })  # fmt: skip


def read_hand_over(value: str) -> HandOver | None:
    """What the hidden box holds, or None.

    Raises:
        ValueError: no picture of floats at an int t.
    """
    if not value:
        return None
    try:
        given = json.loads(value)
        shape = tuple(int(n) for n in given["shape"])
        if len(shape) != 3 or not all(1 <= n <= LARGEST for n in shape):
            raise Refusal("shape {shape}", shape=shape)
        x_t = unpacked(given["x_t"], shape)
        alpha_bar, label = given.get("alpha_bar"), given.get("label")
        start = Start(int(given["t"]), x_t, None if alpha_bar is None else float(alpha_bar))
        return HandOver(start, bool(given.get("repeatable")), label if isinstance(label, str) else None)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Refusal(text("reverse.bad_start", reason=refusal(reason_of(error)))) from None
