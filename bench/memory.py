"""Whether runs leave anything behind."""

import gc
from collections.abc import Iterator
from pathlib import Path

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run
from ddpm_playground.ui.reverse.runs import Runs
from ddpm_playground.ui.reverse.stream import messages

from .row import Row


def resident_mb() -> float:
    """Resident memory of this process, in MB."""
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def rows(few: int = 5, many: int = 105) -> Iterator[Row]:
    """Memory after run `many` against memory after run `few`, 16 images each."""
    runs, recipe, early = Runs(), DEFAULT.with_(num_steps=20, num_images=16), 0.0
    for k in range(1, many + 1):
        for _ in messages(runs.begin("one tab", Run(recipe.with_(seed=k)), "")):
            pass
        if k == few:
            early = resident_mb()
    late = resident_mb()
    yield Row(f"memory after run {many} of 16 images", late, f"after run {few}", early, "MB", late / early, "≤ 1.05")
