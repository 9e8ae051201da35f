"""Files that visitors ask for: each written when its turn has come, and removed when its visitor leaves."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import gradio as gr

from ...core.phrase import Refusal
from ..words.text import text
from .streams import turn_of
from .visitors import Visitors

AT_ONCE, MOST_WAITING = 2, 100


class Exports:
    """The files that a page's visitors ask for, two at once; each stands in the line with one at a time.

    Args:
        visitors: whose they are.
    """

    def __init__(self, visitors: Visitors) -> None:
        self.turns, self.files = visitors.line("export", AT_ONCE, MOST_WAITING), visitors.files
        self._threads = ThreadPoolExecutor(AT_ONCE, "export")

    async def new(self, visitor: str, name: str, write: Callable[[Path], None]) -> str:
        """The path of a new file of this visitor.

        Args:
            visitor: whose it is.
            name: what it is called, in this project's own words.
            write: makes it.

        Raises:
            ValueError: too many wait, there is no room for it, or the visitor has gone or asked for another.
        """
        with self.turns.enter(visitor) as turn:
            async for place in turn_of(turn, visitor):
                gr.Info(text("turns.waiting", place=place), duration=4)
            if turn.given_up.is_set():
                raise Refusal("this file was given up since another was asked for; press again")
            context = copy_context()
            work = lambda: context.run(self._written, visitor, name, write)  # noqa: E731
            return str(await asyncio.get_running_loop().run_in_executor(self._threads, work))

    def _written(self, visitor: str, name: str, write: Callable[[Path], None]) -> Path:
        with self.files.new(visitor, name) as path:
            write(path)
        return path
