"""A stream of messages that waits for its turn, works in a thread of its own, and ends with its visitor."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from .owners import OWNERS, Owners
from .turns import POLL_S, Turn

END = object()


def unread_by(request: gr.Request) -> Callable[[], int]:
    """Counts the messages that wait for this browser tab; Gradio itself would let any number wait."""
    owner, blocks = str(request.session_hash), LocalContext.blocks.get()

    def count() -> int:
        waiting = blocks._queue.pending_messages_per_session.get(owner) if blocks else None
        return waiting.qsize() if waiting else 0

    return count


async def turn_of(turn: Turn, visitor: str, owners: Owners = OWNERS) -> AsyncIterator[int]:
    """How many go before, told whenever that changes; ends at this one's turn, or when the turn is given up."""
    last = 0
    while (place := turn.place) and not turn.given_up.is_set():
        if owners.has_gone(visitor):
            turn.given_up.set()
            return
        if place != last:
            last = place
            yield place
        await asyncio.sleep(POLL_S)


async def in_thread(work: Iterator[Any], turn: Turn, visitor: str, owners: Owners = OWNERS) -> AsyncGenerator[Any]:
    """What an iterator yields, each taken in one thread of its own; the turn is left when that thread is done.

    The iterator sees `turn.given_up` set when its visitor has asked anew, has stopped it or has gone, and ends then.
    """
    thread, context = ThreadPoolExecutor(1, "stream"), copy_context()
    turn.begun = True
    try:
        while True:
            waiting = asyncio.wrap_future(thread.submit(context.run, next, work, END))
            while not (await asyncio.wait({waiting}, timeout=1.0))[0]:
                if owners.has_gone(visitor):
                    turn.given_up.set()
            one = waiting.result()
            if one is END:
                return
            yield one
    finally:
        # One thread does one thing after the other: the step under way, then this.
        turn.given_up.set()
        thread.submit(_close, work, turn)
        thread.shutdown(wait=False)


async def in_turn(
    work: Callable[[Turn], Iterator[str]],
    turn: Turn,
    visitor: str,
    waiting: Callable[[int | None], str | None],
) -> AsyncGenerator[str]:
    """The messages of a work that waits for its turn; its turn is left however this ends.

    Args:
        work: what is done in a thread once it is this one's turn; begun only then.
        turn: a place in the line.
        visitor: whose it is.
        waiting: the message that tells how many go before; of None, that the turn was given up, or None to say nothing.
    """
    try:
        async for place in turn_of(turn, visitor):
            if (message := waiting(place)) is not None:
                yield message
        if turn.given_up.is_set():
            if (message := waiting(None)) is not None:
                yield message
            return
        async with aclosing(in_thread(work(turn), turn, visitor)) as messages:
            async for message in messages:
                yield message
    finally:
        turn.given_up.set()
        if not turn.begun:
            turn.leave()


def _close(work: Iterator[Any], turn: Turn) -> None:
    try:
        close: Callable[[], None] | None = getattr(work, "close", None)
        if close is not None:
            close()
    finally:
        turn.leave()
