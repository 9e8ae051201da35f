"""The whole page with rows added to tables that the browser's modules have too: a schedule, and a chapter of new kinds.

`python -m tests.browser.added_page` serves it.
"""

from dataclasses import dataclass

import torch

from ddpm_playground.core import SCHEDULES, Family
from ddpm_playground.ui.chapters import CHAPTERS, PLACES
from ddpm_playground.ui.chapters.all_chapters import Place
from ddpm_playground.ui.chapters.chapter import Chapter, Shown
from ddpm_playground.ui.words.text import note


def quadratic(T: int, gain: float = 0.02) -> torch.Tensor:
    """β_t = gain · (t/T)²."""
    if gain > 0.9:
        raise ValueError("too steep; lower gain")
    return gain * (torch.arange(1, T + 1, dtype=torch.float64) / T) ** 2


@dataclass(frozen=True)
class Flag:
    """A lever of a kind that no chapter has."""

    key: str
    value: bool = False
    kind: str = "flag"

    def read(self, raw: object) -> bool:
        """Whether it is up."""
        return raw is True


def shown(values: dict) -> Shown:
    """A block of a kind that no chapter has."""
    block = {"kind": "lamp", "lit": values["up"]}
    return Shown([block], 0, note("theory.right"))  # type: ignore[list-item]


QUADRATIC = Family(quadratic, "Quadratic", {"gain": (0.0, 1.0, 1e-3)})
ADDED = Chapter("added", (Flag("up"),), shown, (shown,))  # type: ignore[arg-type]

if __name__ == "__main__":
    SCHEDULES["quadratic"], CHAPTERS["added"], PLACES["added"] = QUADRATIC, ADDED, Place(9, 1)
    from ddpm_playground.ui.app import build, launch

    launch(build())
