"""Train: Algorithm 1 running in the page, on points in the plane or on digits."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...core import SCHEDULES
from ...core.phrase import Refusal
from ...learn.data.own_mixture import FIRST, MOST_GAUSSIANS, PARTS
from ...learn.data.planar import MAX_DRAWN, PLANAR_SETS, REACH
from ...learn.training.live_store import LiveStore
from ...recipe import DEFAULT
from ...run import shelf
from ...views.training_plots import train_figures
from ..page.component import canvas_component, packed
from ..page.page import HOT, Page, clicked
from ..page.story import story_line
from ..protocol.train_messages import TrainStart
from ..serving.failure import answering, on_screen, reason
from ..serving.files import TRAINED
from ..serving.streams import in_turn, unread_by
from ..serving.turns import Turn
from .levers import LEVERS
from .races import build_races
from .trainings import DATA, SHOWN_POINTS, Trainings, count_sent, messages, planar_points, run_command

if TYPE_CHECKING:
    from ...learn.training.live import LiveTraining

LEARNING_RATE, MOST_UNREAD = 2e-3, 8
ASKED = ("data", "schedule", "learning_rate", "seed", "points", "own", *LEVERS)


def train_value() -> str:
    """What train.js starts from."""
    sets = {name: packed(planar_points(name, {}, 0)[:SHOWN_POINTS]) for name in PLANAR_SETS}
    value: TrainStart = {
        "figures": train_figures(), "data": DATA, "sets": sets, "reach": REACH,
        "levers": {name: {"stops": lever.stops, "first": lever.first} for name, lever in LEVERS.items()},
        "own": {"parts": list(PARTS.values()), "names": list(PARTS), "first": FIRST, "most": MOST_GAUSSIANS,
                "reach": REACH},
        "schedules": list(SCHEDULES), "learning_rate": LEARNING_RATE, "most_drawn": MAX_DRAWN,
    }  # fmt: skip
    return json.dumps(value)


def _sent(event: gr.EventData, *keys: str) -> dict[str, Any]:
    """What a component sent along with an event; None for what it did not send."""
    return {key: getattr(event, key, None) for key in keys}


def _name(live: "LiveTraining", token: str) -> str:
    """What a run as it stands is called."""
    data = re.sub(r"[^a-z]+", "-", live.task.name.lower())
    return f"trained-{data}-{live.progress.step}-steps-{hashlib.sha256(token.encode()).hexdigest()[:6]}"


class Training:
    """What this tab's visitors ask for: their trainings, and the line in which these wait.

    Args:
        page: theirs.
    """

    def __init__(self, page: Page) -> None:
        self.trainings, self.exports, self.files = Trainings(), page.exports, page.visitors.files
        page.visitors.keep("trainings", self.trainings.owned)
        self.turns = page.visitors.line("training", at_once=6, most_waiting=100)

    @property
    def store(self) -> LiveStore:
        """What was saved of the runs; it goes with the process."""
        return LiveStore(self.files.root / "trained")

    def _work(
        self, turn: Turn, name: dict[str, Any], asked: dict[str, Any], waiting: Callable[[], int]
    ) -> Iterator[str]:
        """A new run of this turn's visitor, and what it says until it ends."""
        try:
            live = self.trainings.begin(turn, asked)
        except Exception as error:
            yield json.dumps({**name, "state": "failed", "step": 0, "problem": reason(error, "training")})
            return
        try:
            live.look_at(min(max(1, count_sent(asked["t"], 1)), live.schedule.T))
            run_command(live, str(asked["then"] or "pause"), None)
            has_room = lambda: waiting() < MOST_UNREAD  # noqa: E731
            yield from messages(live, name, has_room, turn.given_up, self.turns.any_waits)
        finally:
            self.trainings.end(turn.token)

    @on_screen
    async def begin(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A new run for this page once it has its turn, and what it says until it ends; it ends with the page."""
        owner, asked = str(request.session_hash), _sent(event, *ASKED, "t", "then", "visitor", "run")
        name = {
            "visitor": str(asked["visitor"] or "")[:64],
            "run": asked["run"] if isinstance(asked["run"], int) else 0,
        }
        turn = self.turns.enter(owner)
        if asked["then"] == "show" and turn.place:  # nobody asked for it, so it stands in nobody's way
            turn.leave()
            return
        name["token"] = turn.token
        unread = unread_by(request)

        def waiting(place: int | None) -> str | None:
            return None if place is None else json.dumps({**name, "state": "waiting", "step": 0, "place": place})

        work = lambda turn: self._work(turn, name, asked, unread)  # noqa: E731
        async with aclosing(in_turn(work, turn, owner, waiting)) as sent:
            async for message in sent:
                yield message

    def do(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """{} once {"token", "what", "value"} is done to the run of that token; or {"problem"}."""
        token, what = str(asked.get("token", ""))[:64], str(asked.get("what", ""))
        if what == "end":
            self.trainings.end(token)
            self.turns.give_up(lambda turn: turn.token == token)
            return {}
        run_command(self.trainings.of(token), what, asked.get("value"))
        return {}

    def _saved(self, owner: str, token: str) -> Path:
        """The folder of a run as it stands, under a name of the server's own."""
        live = self.trainings.of(token)
        folder = self.store.save(live, _name(live, token))
        self.files.give(TRAINED + owner, folder / "training.json")
        return folder

    @on_screen
    async def download(self, event: gr.EventData, request: gr.Request) -> str:
        """The run as it stands, as a zip file; returns its path."""
        owner, token = str(request.session_hash), str(getattr(event, "token", ""))
        live = self.trainings.of(token)
        if not live.progress.step:
            raise Refusal("this run has not taken a step yet; press Start first")

        def write(path: Path) -> None:
            self.store.zipped(self._saved(owner, token), path)

        return await self.exports.new(owner, f"{_name(live, token)}.zip", write)

    @on_screen
    def open_in_reverse(
        self, event: gr.EventData, request: gr.Request, num_steps: object
    ) -> tuple[str, str, float, str, gr.Tabs]:
        """The run as a checkpoint of the Reverse tab.

        Returns:
            Its name, a class and a number of steps that it has, no picture to start from, and that tab in front.
        """
        folder = self._saved(str(request.session_hash), str(getattr(event, "token", "")))
        shelf().also_below(self.store.root)
        T = shelf().load(folder.name).schedule.T
        steps = min(T, num_steps) if isinstance(num_steps, (int, float)) else T
        return folder.name, "all", steps, "", gr.Tabs(selected="reverse")


def build(page: Page) -> None:
    """One component; a run streams into it, and what it asks between is a server function."""
    training = Training(page)
    story_line("train")
    trainer = canvas_component(
        "train/train",
        f"{__name__}:train_value",
        elem_id="train",
        apply_default_css=False,
        server_functions=[answering(training.do)],
    )
    # It has no widget of its own: the address puts it here.
    page.control("train", gr.Textbox(DEFAULT.train, visible="hidden", elem_id="train-settings"))
    file = gr.DownloadButton(elem_id="trained-file", elem_classes="ddpm-offstage")
    quiet: dict[str, Any] = HOT | {"trigger_mode": "multiple"}
    trainer.begin(training.begin, None, trainer, concurrency_limit=None, concurrency_id="train", **quiet)
    trainer.download(training.download, None, file, **quiet).success(None, None, None, js=clicked("trained-file"))
    chosen = [page.controls[name] for name in ("checkpoint", "label", "num_steps")]
    kept = trainer.keep(training.open_in_reverse, page.controls["num_steps"], [*chosen, page.start, page.tabs], **quiet)
    kept.success(None, None, None, js=clicked("reverse-start"))
    build_races(page)
