"""The clock of the families on screen: one network a family, trained and measured while one watches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...core import stream_seed
from ...core.checks import one_of, whole_number
from ...core.phrase import Refusal
from ...learn.data.own_mixture import FIRST
from ...learn.data.planar import PLANAR_SETS, REACH
from ...learn.imports import import_once
from ...recipe import MAX_LEVERS, MAX_SEED
from ...views.training_plots import race_figures
from ..page.component import canvas_component, packed
from ..page.page import HOT, Page
from ..protocol.race_messages import RaceMessage, RaceRow, RaceStart
from ..serving.failure import answering, on_screen, reason
from ..serving.streams import in_turn, unread_by
from ..serving.turns import Turn
from .levers import Lever, number_asked
from .trainings import OWN, number_sent, planar_points, schedule_asked

if TYPE_CHECKING:
    from ...learn.training.one_clock import Told
    from ...learn.training.racing import Race

STEPS = Lever((200, 500, 1000, 2000, 5000), 1000)
PATHS = 6
MOST_UNREAD = 4


def race_value() -> str:
    """What race.js starts from."""
    value: RaceStart = {
        "figures": race_figures(), "levers": {"race_steps": {"stops": STEPS.stops, "first": STEPS.first}},
        "paths": PATHS, "reach": REACH,
    }  # fmt: skip
    return json.dumps(value)


def settings_of(text: object) -> dict[str, Any]:
    """Train's settings in an address, "data:moons,n:10", whole numbers as such.

    Raises:
        ValueError: more than an address holds.
    """
    if not isinstance(text, str) or len(text) > MAX_LEVERS:
        raise Refusal("levers and train must have at most {most} characters; move them on the page", most=MAX_LEVERS)
    parts = [part.partition(":") for part in text.split(",") if part]
    pairs = {key: value for key, _, value in parts}
    return {key: int(value) if value.isdecimal() and len(value) < 20 else value for key, value in pairs.items()}


def races_of(asked: Mapping[str, Any]) -> tuple[str, Iterator[Race]]:
    """The set that is raced on, and how it stands.

    Raises:
        ValueError: a setting that cannot be used.
    """
    import_once()
    from ...learn.training.own_threads import set_threads_here
    from ...learn.training.racing import racing

    set_threads_here(1)  # its products are too small to be shared out, and the thread is this race's own

    given = settings_of(asked.get("text") or "")
    name, seed = given.get("data", "mixture"), given.get("seed", 0)
    one_of("the data", name, (*PLANAR_SETS, OWN), "choose one of these above")
    whole_number("the seed", seed, 0, MAX_SEED, "type one")
    steps = whole_number("steps", asked.get("steps"), STEPS.stops[0], STEPS.stops[-1], "move its slider")
    n, T, batch, width = (number_asked(given, lever) for lever in ("n", "T", "batch", "width"))
    points, held = (planar_points(name, {"own": FIRST, **given}, one) for one in (seed, stream_seed(seed, "held-out")))
    schedule = schedule_asked(given, T)
    return name, racing(points[:n], held, schedule, seed=seed, num_steps=steps, batch_size=batch, width=width)


def row_of(name: str, told: Told) -> RaceRow:
    """What the page is told of one predictor."""
    return {
        "name": name, "eps_error": [number_sent(value) for value in told.eps_error.tolist()],
        "energy": [number_sent(value) for value in told.energy], "steps_enough": told.enough,
        "straightness": number_sent(told.straightness), "spread_of_sde": number_sent(told.spread),
        "ode": packed(told.ode), "sde": packed(told.sde),
    }  # fmt: skip


def race_message(data: str, race: Race) -> RaceMessage:
    """What the page is told of how a race stands."""
    clock = race.clock
    return {
        "state": "running", "done": race.done, "of": race.of, "data": data, "log_snr": clock.log_snr.tolist(),
        "steps": clock.steps, "energy_of_real": number_sent(clock.between_real),
        "enough_at": number_sent(clock.enough), "identity": clock.identity,
        "rows": [row_of(name, told) for name, told in race.told.items()],
    }  # fmt: skip


class Races:
    """The races that visitors ask for, two at once, and their line.

    Args:
        page: theirs.
    """

    def __init__(self, page: Page) -> None:
        self.turns = page.visitors.line("race", at_once=2, most_waiting=50)

    def _work(
        self, turn: Turn, name: dict[str, Any], asked: dict[str, Any], waiting: Callable[[], int]
    ) -> Iterator[str]:
        told: RaceMessage = {}
        try:
            data, stood = races_of(asked)
            rows = -1
            for race in stood:
                if turn.given_up.is_set():
                    return
                told = race_message(data, race)
                if waiting() < MOST_UNREAD or len(race.told) != rows:
                    rows = len(race.told)
                    yield json.dumps({**told, **name})
        except Exception as error:  # whatever it is, who waits must hear of it
            yield json.dumps({**name, "state": "failed", "problem": reason(error, "race")})
            return
        yield json.dumps({**told, **name, "state": "done"})

    @on_screen
    async def begin(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A race of this page once it has its turn, and how it stands until it ends; it ends with the page."""
        owner = str(request.session_hash)
        asked = {key: getattr(event, key, None) for key in ("text", "steps", "visitor", "run")}
        name: dict[str, Any] = {
            "visitor": str(asked["visitor"] or "")[:64],
            "run": asked["run"] if isinstance(asked["run"], int) else 0,
        }
        turn = self.turns.enter(owner)
        name["token"] = turn.token
        unread = unread_by(request)

        def waiting(place: int | None) -> str | None:
            return None if place is None else json.dumps({**name, "state": "waiting", "place": place})

        work = lambda turn: self._work(turn, name, asked, unread)  # noqa: E731
        async with aclosing(in_turn(work, turn, owner, waiting)) as sent:
            async for message in sent:
                yield message

    def stop(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """{} once the race of that token is given up."""
        token = str(asked.get("token", ""))[:64]
        self.turns.give_up(lambda turn: turn.token == token)
        return {}


def build_races(page: Page) -> None:
    """The component below the plane; it reads Train's settings from the address."""
    races = Races(page)
    race = canvas_component(
        "train/race",
        f"{__name__}:race_value",
        elem_id="race",
        apply_default_css=False,
        server_functions=[answering(races.stop)],
    )
    quiet: dict[str, Any] = HOT | {"trigger_mode": "multiple"}
    race.race(races.begin, None, race, concurrency_limit=None, concurrency_id="race", **quiet)
