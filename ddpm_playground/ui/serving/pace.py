"""When a stream's next message is due, how much it may hold, and work that goes on while it is on its way."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from contextvars import copy_context
from itertools import repeat
from typing import TypeVar

from ...engine.prefetch import prefetch

Step = TypeVar("Step")

MESSAGES_PER_SECOND = 30.0
# Where Gradio is slow to pass them on, there are fewer, so that this share of the time goes into it, yet some still:
# a page on the same machine takes several times as long to show a message, and the chain waits for both.
MESSAGES_SHARE, LEAST_PER_SECOND = 0.05, 8.0
# Most that one message carries unless a single frame is larger, and most that waits for a tab that does not read.
MESSAGE_BYTES = 2**20
UNREAD_BYTES = 8 * 2**20
# Steps that the chain takes while a message is on its way: neither waits for the other.
STEPS_AHEAD = 2


class Pace:
    """When the messages of one stream are due.

    Attributes:
        started: when it began, in seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self.started = self._sent_s = time.monotonic()
        self._pause = 1.0 / MESSAGES_PER_SECOND
        self._now = self.started

    def due(self, is_full: bool) -> bool:
        """Whether the next message may go; one that is full does not wait for Gradio's sake."""
        wait = 1.0 / MESSAGES_PER_SECOND if is_full else self._pause
        return self._now - self._sent_s >= wait

    def step(self) -> None:
        """A step was taken."""
        self._now = time.monotonic()

    def seconds_left(self, done: int, of: int) -> float:
        """By the pace so far, to a tenth."""
        return round((self._now - self.started) / done * (of - done), 1)

    def sent(self) -> None:
        """Gradio has taken the message that was made after the last step."""
        self._sent_s = self._now
        taken = (time.monotonic() - self._now) / MESSAGES_SHARE
        self._pause = min(max(taken, 1.0 / MESSAGES_PER_SECOND), 1.0 / LEAST_PER_SECOND)


def most_frames(frame_bytes: int) -> int:
    """How many frames of that size one message may hold."""
    return max(1, MESSAGE_BYTES // frame_bytes)


def has_room(frame_bytes: int, unread: int) -> bool:
    """Whether one more message may wait beside `unread` others; base64 has 4 bytes for 3."""
    return unread < max(1, UNREAD_BYTES // (max(MESSAGE_BYTES, frame_bytes) * 4 // 3))


def all_read() -> int:
    """No message waits."""
    return 0


def taken_ahead(steps: Iterator[Step], stop: threading.Event) -> Generator[Step]:
    """The steps, taken in a thread of their own; none begins after `stop`, nor once this is closed."""
    # A shared GPU asks whose request it works for.
    context = copy_context()

    def one() -> Step | None:
        return None if stop.is_set() else context.run(next, steps, None)

    try:
        with closing(prefetch(repeat(one), STEPS_AHEAD)) as taken:
            for step in taken:
                if step is None:
                    return
                yield step
    finally:
        close = getattr(steps, "close", None)
        if close:
            close()
