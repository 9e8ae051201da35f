"""Heavy work that a component asks for: it waits for its turn, runs in a worker process, and ends with its visitor.

A server function answers once, so it answers soon: with what was asked for, or with {"ticket", "place"}, and the page
asks again with the ticket. Whoever does not ask again has gone, and his worker is ended.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ...core.phrase import Refusal
from ...worker.client import Limits, Workers, WorkFailed, WorkGivenUp
from .owners import GONE_S
from .turns import POLL_S, Turn, Turns

ANSWER_S = 1.0  # a request is answered within this
MOST_DEEDS = 500
# What workers call, with the arguments of `ask`.
TASK = "ddpm_playground.ui.serving.in_worker:speak"
WORKERS = Workers(("ddpm_playground.ui.lab.work:warm_up",))


@dataclass(eq=False)
class Deed:
    """One piece of work under way.

    Attributes:
        turn: its place in the line.
        asked_s: when its visitor last asked for it.
        done: its answer, once there is one.
        progress: steps done and steps in all, where the work tells.
    """

    turn: Turn
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    asked_s: float = field(default_factory=time.monotonic)
    done: "asyncio.Task[Any] | None" = None
    progress: Sequence[int] = ()

    def tell(self, progress: Sequence[int]) -> None:
        """The work is so far."""
        self.progress = progress

    def unwanted(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.turn.given_up.is_set() or time.monotonic() - self.asked_s > GONE_S


class Deeds:
    """The work of one kind.

    Args:
        turns: its line.
        limits: what one piece may cost.
        workers: where it is done.
    """

    def __init__(self, turns: Turns, limits: Limits, workers: Workers = WORKERS) -> None:
        self.turns, self.limits, self.workers = turns, limits, workers
        self._deeds: dict[str, Deed] = {}
        self._threads = ThreadPoolExecutor(turns.at_once, turns.kind)

    async def ask(self, asked: Mapping[str, Any], arguments: Sequence[Any]) -> dict[str, Any]:
        """The answer to what a page asks, or where it stands.

        Args:
            asked: "asker" names the part of a page that asks, which waits for its newest request alone; "ticket" that
                of an earlier answer, and "give_up" says that it is wanted no more.
            arguments: of the task; they are not read where there is a ticket.

        Returns:
            What the task answers, or {"ticket", "place", "progress"}: ask again; place counts those who go before,
            progress is as in Deed. {"replaced"} where it was given up.

        Raises:
            ValueError: too many wait, the ticket is not known, or what the work was refused for.
            WorkFailed: the work failed.
        """
        ticket = asked.get("ticket")
        deed = self._known(ticket) if ticket is not None else self._begin(_asker(asked), arguments)
        deed.asked_s = time.monotonic()
        assert deed.done is not None
        if asked.get("give_up"):
            deed.turn.given_up.set()
        await asyncio.wait({deed.done}, timeout=ANSWER_S)
        deed.asked_s = time.monotonic()
        if not deed.done.done():
            return {"ticket": deed.ticket, "place": deed.turn.place, "progress": list(deed.progress)}
        self._deeds.pop(deed.ticket, None)
        return deed.done.result()

    def _known(self, ticket: object) -> Deed:
        deed = self._deeds.get(ticket) if isinstance(ticket, str) else None
        if deed is None:
            raise Refusal("this was given up since, because something newer was asked or nobody waited; ask anew")
        return deed

    def _begin(self, asker: str, arguments: Sequence[Any]) -> Deed:
        self._deeds = {ticket: deed for ticket, deed in self._deeds.items() if not deed.unwanted()}
        if len(self._deeds) >= MOST_DEEDS:
            raise Refusal("{count} visitors wait for this already; try again in a while", count=MOST_DEEDS)
        deed = Deed(self.turns.enter(asker))
        deed.done = asyncio.create_task(self._do(deed, arguments))
        deed.done.add_done_callback(_seen)
        self._deeds[deed.ticket] = deed
        return deed

    async def _do(self, deed: Deed, arguments: Sequence[Any]) -> Any:
        with deed.turn:
            while deed.turn.place and not deed.unwanted():
                await asyncio.sleep(POLL_S / 4)
            if deed.unwanted():
                return {"replaced": True}
            loop, run = asyncio.get_running_loop(), self.workers.run
            asked = (TASK, arguments, self.limits, deed.unwanted, deed.tell)
            try:
                return await loop.run_in_executor(self._threads, run, *asked)
            except WorkGivenUp:
                return {"replaced": True}


def _seen(task: "asyncio.Task[Any]") -> None:
    """An exception that nobody asks for any more is no news."""
    if not task.cancelled():
        task.exception()


def _asker(asked: Mapping[str, Any]) -> str:
    return str(asked.get("asker") or secrets.token_urlsafe(8))[:64]


__all__ = ["Deeds", "Limits", "Turns", "WorkFailed"]
