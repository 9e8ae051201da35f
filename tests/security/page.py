"""The whole page on quick synthetic runs, some of which fail, as their seed says; /state says what the server holds.

`python -m tests.security.page` serves it.
"""

import errno
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import torch
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.synthetic import Synthetic
from ddpm_playground.core import Step
from ddpm_playground.learn.training import live_tasks as tasks
from ddpm_playground.recipe import Recipe
from ddpm_playground.run import Start
from ddpm_playground.ui import app
from ddpm_playground.ui import chapters as theory
from ddpm_playground.ui.reverse import tab as reverse
from ddpm_playground.ui.serving.deeds import WORKERS
from ddpm_playground.ui.serving.files import FILES
from ddpm_playground.ui.serving.visitors import Visitors

SHAPE, PAUSE_S, FAILS_AFTER = (1, 8, 8), 0.02, 3
# seed → what goes wrong
FAILURES: dict[int, BaseException] = {
    9001: RuntimeError("a layer has lost its weights"),
    9002: MemoryError(),
    9003: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    9004: OSError(errno.ENOSPC, "No space left on device", "frames.bin"),
}

visitors = Visitors()


class Failing(Synthetic):
    """A synthetic run that fails after a few steps, if its seed says so."""

    def __init__(self, recipe: Recipe, start: Start | None = None) -> None:
        super().__init__(recipe, start, shape=SHAPE, pause_s=PAUSE_S)

    def __iter__(self) -> Iterator[Step]:
        for k, step in enumerate(super().__iter__()):
            if k == FAILS_AFTER and self.recipe.seed in FAILURES:
                raise FAILURES[self.recipe.seed]
            yield step


def failing(original: object, seed_of: object) -> object:
    """`original`, which fails where the seed says so."""

    def wrapped(*args: object, **kwargs: object) -> object:
        seed = seed_of(*args)  # type: ignore[operator]
        if seed in FAILURES:
            raise FAILURES[seed]
        return original(*args, **kwargs)  # type: ignore[operator]

    wrapped.__name__ = getattr(original, "__name__", "wrapped")
    return wrapped


def state(request: object) -> JSONResponse:
    """What the server holds."""
    return JSONResponse(
        {
            "chains": len(visitors.lines["chain"]), "trainings": len(visitors.belongings["trainings"]),
            "turns": len(visitors.lines["training"]),
            "chapters": [name for name, _ in visitors.belongings["chapters"]._things],
            "files": sorted(p.relative_to(FILES.root).as_posix() for p in FILES.root.rglob("*") if p.is_file()),
            "root": str(FILES.root), "threads": threading.active_count(),
        }
    )  # fmt: skip


if __name__ == "__main__":
    reverse.Run = Failing  # type: ignore[misc]
    draw = tasks.PlanarTask.draw
    tasks.PlanarTask.draw = failing(draw, lambda task, generator: generator.initial_seed())  # type: ignore[method-assign]
    reverse.write_gif = failing(reverse.write_gif, lambda path, film: int(path.stem.rpartition("_")[2]) + 9000)
    chapter, failures = theory.CHAPTERS["closed_form"], {1000: 9001, 999: 9002}
    fails = failing(chapter.compute, lambda values: failures.get(values["t"]))
    theory.CHAPTERS = theory.CHAPTERS | {chapter.name: replace(chapter, compute=fails)}  # type: ignore[attr-defined]
    app.start_of = failing(app.start_of, lambda recipe: recipe.noise_seed)
    app.warm = time.time  # there is no network to load
    demo = app.build(visitors)
    threading.Thread(target=app.launch, args=(demo,), daemon=True).start()
    while not demo.local_url:
        time.sleep(0.05)
    demo.app.router.routes.insert(0, Route("/state", state))
    try:
        threading.Event().wait()
    finally:
        WORKERS.stop()
