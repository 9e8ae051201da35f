"""Live training runs on screen: who owns which, what they are told, and what they say."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...core import SCHEDULES, Schedule, stream_seed
from ...core.checks import one_of, whole_number
from ...core.later import torch
from ...core.phrase import Refusal
from ...learn.data.own_mixture import own_mixture
from ...learn.data.pictures import bundled_digits, tile, to_uint8
from ...learn.data.planar import NUM_POINTS, PLANAR_SETS, drawn_points
from ...learn.imports import import_once
from ...learn.training.short_schedule import short_schedule
from ...recipe import MAX_SEED
from ...views.run_files import png_url
from ..page.component import packed
from ..protocol.train_messages import TrainMessage
from ..serving.owned import Owned
from ..words.refusal import refusal
from .levers import LEVERS, number_asked

if TYPE_CHECKING:  # they bring diffusers, which the page does without until something is trained
    from ...learn.training.live import LiveTraining
    from ...learn.training.live_tasks import Task
    from ..serving.turns import Turn

OWN = "own"
DATA = (*PLANAR_SETS, "drawn", OWN, "digits")
T_DIGITS = 1000  # of the shipped network; the plane's T has a lever
MESSAGE_S, VIEW_S, KEEP_ALIVE_S = 1 / 15, 0.4, 1.0
SHOWN_POINTS = 700
REST_S = 60.0  # a run that rests so long makes room, if others wait
SHOW_STEPS = 600  # of the run that nobody asked for, so that there is something to see


def planar_points(name: str, asked: Mapping[str, Any], seed: int) -> torch.Tensor:
    """The data set in the plane that is asked for, (NUM_POINTS, 2).

    Raises:
        ValueError: no such set, or a drawing that is none.
    """
    generator = torch.Generator().manual_seed(seed)
    if name == "drawn":
        return drawn_points(asked.get("points") or [], NUM_POINTS, generator)
    if name == OWN:
        return own_mixture(asked.get("own")).draw(NUM_POINTS, generator)
    one_of("the data", name, DATA)
    return PLANAR_SETS[name](NUM_POINTS, generator)


def schedule_asked(asked: Mapping[str, Any], num_steps: int) -> Schedule:
    """The schedule of that name; linear for T steps adds as much noise in all as it does for 1000.

    Raises:
        ValueError: no such schedule.
    """
    name = str(asked.get("schedule", "linear"))
    one_of("the schedule", name, SCHEDULES)
    return short_schedule(name, num_steps)


def new_training(asked: Mapping[str, Any]) -> LiveTraining:
    """A new run, paused.

    Raises:
        ValueError: a setting that cannot be used.
    """
    import_once()
    from ...learn.training.live import LiveTraining
    from ...learn.training.live_tasks import DigitsTask, PlanarTask

    name, seed, rate = str(asked.get("data")), asked.get("seed", 0), asked.get("learning_rate", 2e-3)
    whole_number("the seed", seed, 0, MAX_SEED, "type one")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise Refusal("the learning rate must be a number, got {got}; move its slider", got=repr(rate))
    task: Task
    if name == "digits":
        schedule = schedule_asked(asked, T_DIGITS)
        task = DigitsTask("bundled MNIST digits", bundled_digits(), seed)
    else:
        n, num_steps, batch, width, steps = (number_asked(asked, lever) for lever in LEVERS)
        schedule = schedule_asked(asked, num_steps)
        points, held = (planar_points(name, asked, one) for one in (seed, stream_seed(seed, "held-out")))
        task = PlanarTask(
            name, points[:n], schedule, seed, held=held, batch_size=batch, width=width, max_steps=steps,
            exact=own_mixture(asked.get("own")).exact if name == OWN else None,
        )  # fmt: skip
    return LiveTraining(task, schedule, float(rate), seed)


class Trainings:
    """The live runs of all visitors, each known by a token that its visitor alone has; a visitor has one."""

    def __init__(self) -> None:
        self.owned: Owned[LiveTraining] = Owned(on_leave=lambda live: live.stop())

    def __len__(self) -> int:
        """How many networks are being trained."""
        return len(self.owned)

    def begin(self, turn: Turn, asked: Mapping[str, Any]) -> LiveTraining:
        """A new run of this turn's visitor in place of the one before; stopped if the turn was given up meanwhile.

        Raises:
            ValueError: settings that cannot be used; the one before has ended all the same.
        """
        self.owned.forget(turn.visitor)  # first: its memory and its thread make room
        return self.owned.begin(turn.visitor, turn.token, new_training(asked), turn.given_up)

    def of(self, token: str) -> LiveTraining:
        """The run of that token.

        Raises:
            ValueError: there is none.
        """
        live = self.owned.known_by(token)
        if live is None:
            raise Refusal("there is no run here any more; press Start")
        return live

    def end(self, token: str) -> None:
        """Stop and forget the run of that token."""
        self.owned.forget_token(token)


def count_sent(value: object, default: int) -> int:
    """A whole number that was sent, or the default where nothing was.

    Raises:
        ValueError: something else.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value % 1:
        raise Refusal("a whole number is expected, got {got}; move its slider", got=repr(str(value)[:40]))
    return int(value)


def run_command(live: LiveTraining, what: str, value: Any) -> None:
    """Do to a run what the reader asks for.

    Raises:
        ValueError: nothing that can be asked for, or a value that cannot be used.
    """
    if what == "show":
        live.resume(until=SHOW_STEPS)
    elif what in ("resume", "pause", "single_step"):
        getattr(live, what)()
    elif what == "learning_rate":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Refusal("the learning rate must be a number, got {got}; move its slider", got=repr(str(value)[:40]))
        live.set_learning_rate(float(value))
    elif what == "schedule":
        live.set_schedule(schedule_asked({"schedule": value}, live.schedule.T))
    elif what == "steps":
        live.set_steps(number_asked({"steps": value}, "steps"))
    elif what == "t":
        live.look_at(count_sent(value, live.shown_t))
    else:
        raise Refusal("a run cannot be asked to {what}; reload the page", what=repr(what[:40]))


def number_sent(value: float) -> float | None:
    """A number of five digits for the page; None for what is not finite, which JSON does not have."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def message(live: LiveTraining, whole: bool) -> TrainMessage:
    """What the page is told of a run; with its curves and its view if `whole`."""
    from ...learn.training.live import MAX_SECONDS

    progress = live.progress
    rate = progress.step / progress.seconds if progress.seconds > 0 else math.nan
    told: TrainMessage = {
        "state": progress.state, "problem": refusal(progress.problem), "step": progress.step, "T": live.schedule.T,
        "seconds": round(progress.seconds, 1), "rate": number_sent(rate), "max_steps": live.task.max_steps,
        "max_minutes": round(MAX_SECONDS / 60), "loss": number_sent(progress.losses[-1]) if progress.step else None,
        "learning_rate": live.optimizer.param_groups[0]["lr"],
    }  # fmt: skip
    if not whole:
        return told
    told["curve"] = [(step, number_sent(raw), number_sent(smooth)) for step, raw, smooth in progress.curve()]
    told["by_t"] = [number_sent(v) for v in progress.by_t.tolist()]
    view = progress.view
    if view is None:
        return told
    if view.points is None:
        told |= {"sheet": png_url(tile(to_uint8(view.samples), 10)), "viewed": progress.viewed}
        return told
    assert view.learned is not None and view.exact is not None
    told |= {"samples": packed(view.samples), "points": packed(view.points)}
    told |= {"learned": packed(view.learned), "exact": packed(view.exact)}
    told |= {"t": live.shown_t, "viewed": progress.viewed}
    if view.data is not None and view.memory is not None:
        memory = view.memory
        told |= {"data": packed(view.data[:SHOWN_POINTS]), "n": len(view.data), "levels": memory.t.tolist()}
        told |= {"distance": [number_sent(v) for v in memory.distance.tolist()], "held": number_sent(memory.held)}
        told |= {"train": number_sent(memory.train)}
        told |= {"exact_train": number_sent(memory.exact_train), "exact_held": number_sent(memory.exact_held)}
        told |= {"percentile": number_sent(memory.percentile)}
        told |= {"probes": [(step, number_sent(held)) for step, held in progress.probes]}
    return told


def messages(
    live: LiveTraining,
    name: Mapping[str, Any],
    has_room: Callable[[], bool],
    given_up: threading.Event,
    others_wait: Callable[[], bool],
) -> Iterator[str]:
    """What the page is told while a run stands, as JSON: about 15 messages a second, and one a second when it rests.

    Each is complete in itself, since a busy page gets only the newest of several; what is in `name` says whose it is.
    It ends when the run is stopped or `given_up` is set, or when it has rested for REST_S and `others_wait`; a run that
    nobody asked for makes room at once.
    """
    told_s = whole_s = -math.inf
    last: tuple[object, ...] = ()
    worked_s = time.monotonic()
    while live.progress.state != "stopped" and not given_up.is_set():
        time.sleep(MESSAGE_S)
        now, progress = time.monotonic(), live.progress
        if progress.state == "running":
            worked_s = now
        unasked = live.until is not None
        if (unasked or now - worked_s > REST_S) and others_wait():
            ended = Refusal("this run rested while other visitors waited, so it has ended; begin it anew")
            yield json.dumps({**message(live, True), **name, "state": "failed", "problem": refusal(ended)})
            return
        state = (progress.state, progress.step, progress.viewed, live.shown_t, progress.view is None, progress.problem)
        if (state == last and now - told_s < KEEP_ALIVE_S) or not has_room():
            continue
        whole = progress.state != "running" or now - whole_s > VIEW_S
        last, told_s, whole_s = state, now, now if whole else whole_s
        yield json.dumps({**message(live, whole), **name})
