"""Live training runs on screen: who owns which, what they are told, and what they say."""

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from ..core import SCHEDULES, Schedule, make_schedule
from ..learn.data import bundled_digits, tile, to_uint8
from ..learn.planar import NUM_POINTS, PLANAR_SETS, drawn_points
from ..recipe import MAX_SEED
from ..views.export import png_url
from .component import packed
from .refusal import refusal

if TYPE_CHECKING:  # they bring diffusers, which the page does without until something is trained
    from ..learn.live import LiveTraining
    from ..learn.tasks import Task

DATA = (*PLANAR_SETS, "drawn", "digits")
T = 200  # steps of the plane's process; digits take the shipped network's 1000
T_DIGITS = 1000
MOST_LIVE = 6
MESSAGE_S, VIEW_S, KEEP_ALIVE_S = 1 / 15, 0.4, 1.0


def planar_points(name: str, asked: Mapping[str, Any], seed: int) -> torch.Tensor:
    """The data set in the plane that is asked for, (NUM_POINTS, 2).

    Raises:
        ValueError: no such set, or a drawing that is none.
    """
    generator = torch.Generator().manual_seed(seed)
    if name == "drawn":
        return drawn_points(asked.get("points") or [], NUM_POINTS, generator)
    if name not in PLANAR_SETS:
        raise ValueError(f"data must be one of {', '.join(DATA)}, got {str(name)[:40]!r}; pick one of these")
    return PLANAR_SETS[name](NUM_POINTS, generator)


def schedule_asked(asked: Mapping[str, Any], num_steps: int) -> Schedule:
    """The schedule of that name; linear for T steps adds as much noise in all as it does for 1000.

    Raises:
        ValueError: no such schedule.
    """
    name = str(asked.get("schedule", "linear"))
    if name not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {name[:40]!r}; pick one of these")
    if name not in ("linear", "scaled_linear", "constant") or num_steps == 1000:
        return make_schedule(name, num_steps)
    ratio = 1000 / num_steps
    published = {"beta": 0.01 * ratio} if name == "constant" else {"beta_start": 1e-4 * ratio, "beta_end": 0.02 * ratio}
    return make_schedule(name, num_steps, **published)


def begun(asked: Mapping[str, Any]) -> "LiveTraining":
    """A new run, paused.

    Raises:
        ValueError: a setting that cannot be used.
    """
    from ..learn.live import LiveTraining
    from ..learn.tasks import DigitsTask, PlanarTask

    name, seed, rate = str(asked.get("data")), asked.get("seed", 0), asked.get("learning_rate", 2e-3)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be a whole number in [0, {MAX_SEED}], got {seed!r}; type one")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise ValueError(f"the learning rate must be a number, got {rate!r}; move its slider")
    task: Task
    if name == "digits":
        schedule = schedule_asked(asked, T_DIGITS)
        task = DigitsTask("bundled MNIST digits", bundled_digits(), seed)
    else:
        schedule = schedule_asked(asked, T)
        task = PlanarTask(name, planar_points(name, asked, seed), schedule, seed)
    return LiveTraining(task, schedule, float(rate), seed)


class Lives:
    """The live run of each visitor's page; one ends when its page begins another or goes away."""

    def __init__(self) -> None:
        self._lives: OrderedDict[str, LiveTraining] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many networks are being trained."""
        with self._lock:
            return len(self._lives)

    def begin(self, owner: str, asked: Mapping[str, Any]) -> "LiveTraining":
        """A new run of this owner in place of the one before.

        Raises:
            ValueError: settings that cannot be used, or as many runs as the machine bears.
        """
        self.end(owner)
        with self._lock:
            if len(self._lives) >= MOST_LIVE:
                raise ValueError(f"{MOST_LIVE} networks are being trained here already; try again in a while")
            live = self._lives[owner] = begun(asked)
            return live

    def of(self, owner: str) -> "LiveTraining":
        """This owner's run.

        Raises:
            ValueError: there is none.
        """
        with self._lock:
            if owner not in self._lives:
                raise ValueError("there is no run yet; press Start first")
            return self._lives[owner]

    def end(self, owner: str, live: "LiveTraining | None" = None) -> None:
        """Stop and forget this owner's run (only if it is `live`, where that is given)."""
        with self._lock:
            if owner in self._lives and live in (None, self._lives[owner]):
                self._lives.pop(owner).stop()

    def end_all(self) -> None:
        """Stop every run: the process ends."""
        for owner in list(self._lives):
            self.end(owner)


def act(live: "LiveTraining", what: str, value: Any) -> None:
    """Do to a run what the reader asks for.

    Raises:
        ValueError: nothing that can be asked for, or a value that cannot be used.
    """
    if what in ("resume", "pause", "single_step"):
        getattr(live, what)()
    elif what == "learning_rate":
        live.set_learning_rate(float(value))
    elif what == "schedule":
        live.set_schedule(schedule_asked({"schedule": value}, live.schedule.T))
    elif what == "t":
        live.look_at(int(value))
    else:
        raise ValueError(f"a run cannot be asked to {what[:40]!r}; reload the page")


def _number(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def message(live: "LiveTraining", whole: bool) -> dict[str, Any]:
    """What the page is told of a run; with its curves and its view if `whole`."""
    from ..learn.live import MAX_SECONDS

    progress = live.progress
    rate = progress.step / progress.seconds if progress.seconds > 0 else math.nan
    told: dict[str, Any] = {
        "state": progress.state, "problem": refusal(progress.problem), "step": progress.step, "T": live.schedule.T,
        "seconds": round(progress.seconds, 1), "rate": _number(rate), "max_steps": live.task.max_steps,
        "max_minutes": round(MAX_SECONDS / 60), "loss": _number(progress.losses[-1]) if progress.step else None,
        "learning_rate": live.optimizer.param_groups[0]["lr"],
    }  # fmt: skip
    if not whole:
        return told
    told["curve"] = [[step, _number(raw), _number(smooth)] for step, raw, smooth in progress.curve()]
    told["by_t"] = [_number(v) for v in progress.by_t.tolist()]
    view = progress.view
    if view is None:
        return told
    if view.points is None:
        return told | {"sheet": png_url(tile(to_uint8(view.samples), 10)), "viewed": progress.viewed}
    fields = {name: packed(getattr(view, name)) for name in ("samples", "points", "learned", "exact")}
    return told | fields | {"t": live.shown_t, "viewed": progress.viewed}


def messages(live: "LiveTraining", name: Mapping[str, Any], has_room: Callable[[], bool]) -> Iterator[str]:
    """What the page is told while a run stands, as JSON: about 15 messages a second, and one a second when it rests.

    Each is complete in itself, since a busy page gets only the newest of several; what is in `name` says whose it is.
    """
    told_s = whole_s = -math.inf
    last: tuple[object, ...] = ()
    while live.progress.state != "stopped":
        time.sleep(MESSAGE_S)
        now, progress = time.monotonic(), live.progress
        state = (progress.state, progress.step, progress.viewed, live.shown_t, progress.view is None, progress.problem)
        if (state == last and now - told_s < KEEP_ALIVE_S) or not has_room():
            continue
        whole = progress.state != "running" or now - whole_s > VIEW_S
        last, told_s, whole_s = state, now, now if whole else whole_s
        yield json.dumps({**message(live, whole), **name})
