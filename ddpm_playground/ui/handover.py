"""What Forward hands over to Reverse, as the text of a hidden box of the page."""

import base64
import json
import time
from dataclasses import dataclass

import numpy as np
import torch

from ..run import Start
from .component import packed
from .refusal import refusal
from .text import text


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
        x_t = torch.from_numpy(np.frombuffer(base64.b64decode(given["x_t"]), "<f4").reshape(shape).copy())
        alpha_bar = given.get("alpha_bar")
        start = Start(int(given["t"]), x_t, None if alpha_bar is None else float(alpha_bar))
        return HandOver(start, bool(given.get("repeatable")), given.get("label"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(text("reverse.bad_start", reason=refusal(error))) from None
