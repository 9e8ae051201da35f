"""Record the run that plays until the first live one."""

import json
import sys
from datetime import date
from pathlib import Path

from ...recipe import Recipe
from ...run import Run
from ..words.text import note
from .runs import LiveRun
from .stream import opening, since

RECORDED = Path(__file__).parents[2] / "data" / "recorded_run.json"
FRAMES = 24


def record(recipe: Recipe, out: Path = RECORDED, frames: int = FRAMES) -> None:
    """Run a recipe and write about `frames` of its steps as one message for the player.

    The step numbers of the frames are the run's own; what lies between them is left out.
    """
    run = Run(recipe)
    live = LiveRun(run)
    num_steps = len(run.path) - 1
    stride = max(1, num_steps // frames)
    step = None
    for k, step in enumerate(run):
        if k % stride == 0:
            live.keep(k, step)
    if step is not None:
        live.finish(step)
    told = note(
        "reverse.note_recorded",
        sampler=note(f"reverse.sampler_{recipe.sampler}"),
        steps=num_steps,
        date=date.today().isoformat(),
        command="python -m ddpm_playground.ui.reverse.record",
    )
    live.run_id, live.note = "recorded", told
    message = opening(live, "recorded") | {"every": 1}  # what lies between its frames was never to be shown
    message |= {"frames": since(live, 0, len(live.ks))["frames"], "done": True, "autoplay": True}
    out.write_text(json.dumps(message, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Recipe(), Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED)
