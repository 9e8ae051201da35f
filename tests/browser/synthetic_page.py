"""The whole page on synthetic runs of large pictures; /held says what the server holds of them.

`python -m tests.browser.synthetic_page` serves it.
"""

import threading
import time
from collections.abc import Iterator
from weakref import WeakSet

from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.memory import resident_mb
from bench.synthetic import Synthetic
from ddpm_playground.core import Step
from ddpm_playground.recipe import Recipe
from ddpm_playground.run import Run, Start
from ddpm_playground.ui import app
from ddpm_playground.ui.reverse import tab as reverse
from ddpm_playground.ui.reverse.runs import LiveRun, Note, Runs
from ddpm_playground.ui.serving import owners
from ddpm_playground.ui.serving.turns import Turn
from ddpm_playground.ui.serving.visitors import Visitors

SHAPE, PAUSE_S = (3, 64, 64), 0.05
count = {"running": 0, "steps": 0}
alive: WeakSet[LiveRun] = WeakSet()
visitors = Visitors()


class Watched(Synthetic):
    """A synthetic run that is counted while its chain is walked."""

    def __init__(self, recipe: Recipe, start: Start | None = None) -> None:
        super().__init__(recipe, start, shape=SHAPE, pause_s=PAUSE_S)

    def __iter__(self) -> Iterator[Step]:
        count["running"] += 1
        try:
            for step in super().__iter__():
                count["steps"] += 1
                yield step
        finally:
            count["running"] -= 1


class WatchedRuns(Runs):
    """Runs that are counted as long as anything holds their frames."""

    def begin(self, owner: str, run: Run, note: Note, turn: Turn | None = None) -> LiveRun:
        alive.add(live := super().begin(owner, run, note, turn))
        return live


def characters(data: object) -> int:
    """How long the text in a message's data is."""
    if isinstance(data, str):
        return len(data)
    return sum(map(characters, data)) if isinstance(data, list) else 0


def held(request: object) -> JSONResponse:
    """Chains that run, steps so far, runs whose frames are in memory, what is held, in MB, and networks in training."""
    mb = resident_mb()  # collects garbage first
    queues = list(demo._queue.pending_messages_per_session.values())
    waiting = [getattr(message, "output", None) for queue in queues for message in list(queue._queue)]
    unread = sum(characters(output.get("data")) for output in waiting if isinstance(output, dict))
    training = len(visitors.belongings["trainings"])
    return JSONResponse(count | {"training": training, "runs": len(alive), "mb": mb, "unread_mb": unread / 2**20})


if __name__ == "__main__":
    reverse.Run, reverse.Runs = Watched, WatchedRuns  # type: ignore[misc]
    owners.CLOSED_S = 10.0  # whoever leaves without a word is forgotten soon
    app.warm = time.time  # there is no network to load
    demo = app.build(visitors)
    threading.Thread(target=app.launch, args=(demo,), daemon=True).start()
    while not demo.local_url:
        time.sleep(0.05)
    demo.app.router.routes.insert(0, Route("/held", held))
    threading.Event().wait()
