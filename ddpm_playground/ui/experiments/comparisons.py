"""Who compares what: one comparison per browser tab, streamed while it is made, kept while the tab is open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...core.checks import look_up
from ...core.phrase import Refusal
from ...learn import imports
from ..page.component import canvas_component
from ..page.page import HOT, Page, clicked
from ..protocol.compare_messages import ColumnsRefused, ColumnsWaiting
from ..protocol.player_messages import Gone
from ..serving.failure import answering, on_screen, reason
from ..serving.owned import Owned
from ..serving.pace import has_room
from ..serving.streams import in_turn, unread_by
from ..serving.turns import Turn

if TYPE_CHECKING:
    from .live_columns import LiveColumns

KEPT_BYTES = 512 * 2**20  # of all open tabs together; of more, those that have rested longest are let go
ASKED = ("asked", "columns", "num_images", "checkpoint")
FILES = ("gif", "png", "npz", "ipynb")  # what the page asks for; a video it makes itself


def _sent(event: gr.EventData, *keys: str) -> dict[str, Any]:
    """What the component sent along; None for what it did not send."""
    return {key: getattr(event, key, None) for key in keys}


class Comparisons:
    """What visitors ask for, and the line in which they wait.

    Args:
        page: theirs.
    """

    def __init__(self, page: Page) -> None:
        self.exports = page.exports
        self.owned: Owned[LiveColumns] = Owned(
            on_leave=lambda live: live.stop.set(),
            most=KEPT_BYTES,
            cost=lambda live: live.kept_bytes,
            ended=lambda live: live.done,
        )
        page.visitors.keep("comparisons", self.owned)
        self.turns = page.visitors.line("comparison", at_once=1, most_waiting=100)

    def _work(self, turn: Turn, owner: str, asked: Mapping[str, Any], unread: Callable[[], int]) -> Iterator[str]:
        """The messages of a new comparison of this owner, which ends when its turn is given up."""
        try:
            imports.import_once()
            with imports.IMPORTING:
                from .live_columns import live_columns, messages
            live = live_columns(asked, turn.token, turn.given_up)
        except Exception as error:  # whatever it is, who waits must hear of it
            yield json.dumps(ColumnsRefused(asked=str(asked["asked"]), problem=reason(error, "comparison")))
            return
        self.owned.begin(owner, live.run_id, live, live.stop)
        yield from messages(live, unread)

    @on_screen
    async def begin(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A comparison of this page once it has its turn, and its frames until it ends; it ends with the page."""
        owner, asked = str(request.session_hash), _sent(event, *ASKED)
        asked["asked"] = str(asked["asked"] or "")[:64]
        turn = self.turns.enter(owner)
        unread = unread_by(request)

        def waiting(place: int | None) -> str:
            return json.dumps(ColumnsWaiting(run=turn.token, asked=asked["asked"], place=place))

        work = lambda turn: self._work(turn, owner, asked, unread)  # noqa: E731
        async with aclosing(in_turn(work, turn, owner, waiting)) as sent:
            async for message in sent:
                yield message

    def stop_columns(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """{} once the comparison of that "run" is told to end after the step it is in."""
        token = str(asked.get("run", ""))[:64]
        live = self.owned.known_by(token)
        if live is not None:
            live.stop.set()
        self.turns.give_up(lambda turn: turn.token == token)
        return {}

    @on_screen
    def send_missing(self, event: gr.EventData, request: gr.Request) -> str | dict:
        """The page has missed messages of its comparison: those frames again."""
        try:
            run_id, first = str(event.run), int(event.first)
        except (AttributeError, TypeError, ValueError, OverflowError):
            return gr.skip()
        live = self.owned.find(str(request.session_hash), run_id)
        if live is None:
            return json.dumps(Gone(run=run_id, gone=True))
        from .live_columns import catch_up

        return catch_up(live, first) if has_room(live.sent_bytes, unread_by(request)()) else gr.skip()

    @on_screen
    async def save(self, event: gr.EventData, request: gr.Request) -> str:
        """A file of this tab's comparison, written when its turn has come; returns its path."""
        owner, asked = str(request.session_hash), _sent(event, "kind")
        kind = str(asked["kind"])
        look_up(dict.fromkeys(FILES), kind, "the page does not know the file {name}; choose one of {known}")
        live = self.owned.find(owner)
        if live is None:
            raise Refusal("there is no comparison to save yet; press Run first")

        def write(path: Path) -> None:
            _write(path, live)

        return await self.exports.new(owner, f"ddpm_comparison.{kind}", write)


def _write(path: Path, live: LiveColumns) -> None:
    """What the file's name ends in; the notebook runs the comparison again."""
    from ...experiments.notebook import notebook
    from ...experiments.saved_comparison import write_comparison

    facts = {"checkpoint": live.checkpoint, "num_images": live.num_images}
    if path.suffix == ".ipynb":
        path.write_text(notebook("compare", {**facts, "recipe": live.texts}), encoding="utf-8")
    else:
        write_comparison(path, live.kept, live.found, live.texts, facts)


def build_comparisons(page: Page) -> None:
    """The card of comparisons; its frames stream into it, and what it asks between is a server function or a file."""
    comparisons = Comparisons(page)
    card = canvas_component(
        "experiments/compare", f"{__package__}.compare_card:compare_value", elem_id="experiments-compare",
        apply_default_css=False,
        server_functions=[answering(comparisons.stop_columns)],
    )  # fmt: skip
    file = gr.DownloadButton(elem_id="comparison-file", elem_classes="ddpm-offstage")
    quiet: dict[str, Any] = HOT | {"trigger_mode": "multiple"}
    card.compare(comparisons.begin, None, card, concurrency_limit=None, concurrency_id="comparison", **quiet)
    card.missing(comparisons.send_missing, None, card, **HOT)
    saved = card.file(comparisons.save, None, file, **(quiet | {"concurrency_limit": None, "concurrency_id": "export"}))
    saved.success(None, None, None, js=clicked("comparison-file"))
