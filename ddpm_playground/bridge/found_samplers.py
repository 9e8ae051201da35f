"""The scheduler classes of diffusers that can drive a network of β_t, found in its source without importing it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from .borrowed_sampler import BORROWED, BorrowedSampler
from .driven_sampler import DrivenSampler

CLASS = re.compile(r"^class (\w+Scheduler)\(SchedulerMixin\b", re.M)
TAKES = ("beta_schedule:", "trained_betas:")  # arguments of a constructor that takes a network's schedule
NO_PICTURE = "Inverse"  # it leads from data to noise


class FoundSamplers(Mapping[str, DrivenSampler]):
    """Class name → that class as a sampler.

    What is listed takes β_t from a config, or has levels of a family that is known, and leads to pictures; any other
    scheduler class can be looked up too, and says itself why it cannot run.
    """

    @cached_property
    def _classes(self) -> dict[str, bool]:
        """Every scheduler class in the source, and whether it is listed."""
        spec, found = importlib.util.find_spec("diffusers"), {}
        folder = Path(spec.origin).parent / "schedulers" if spec and spec.origin else Path()
        for path in sorted(folder.glob("scheduling_*.py")):
            source = path.read_text(encoding="utf-8")
            for name in CLASS.findall(source):
                takes = all(argument in source for argument in TAKES) and NO_PICTURE not in name
                found[name] = (takes or name in BORROWED) and not name.startswith("Flax")
        return found

    def __getitem__(self, name: str) -> DrivenSampler:
        if name not in self._classes:
            raise KeyError(name)
        return BorrowedSampler.named(name) if name in BORROWED else DrivenSampler(name)

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return (name for name, listed in self._classes.items() if listed)

    def __len__(self) -> int:
        return sum(self._classes.values())


FOUND_SAMPLERS = FoundSamplers()
