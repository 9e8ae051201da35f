"""A deed that a program asks for: it waits for its turn, works within limits, and its files are kept for a while."""

import asyncio
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ...api.answers import Answer
from ...api.arguments import checked
from ...api.limits import within
from ...api.offered import DEEDS, Deed
from ...core.phrase import Refusal
from ...learn import imports
from ...worker.client import Limits, Workers
from ..serving.deeds import WORKERS
from ..serving.files import LENT
from ..serving.turns import POLL_S, Turn
from ..serving.visitors import Visitors
from .received import with_contents

TASK = "ddpm_playground.api.offered:do"
AT_ONCE, MOST_WAITING = 2, 40
MOST_EACH = 4  # of one address, waiting or under way
KEPT_S = 600.0  # a file can be fetched for so long


class Errands:
    """What programs ask for; those of one address are limited, and chains stand in the page's own line.

    Args:
        visitors: the page's, whose lines and files these share.
        workers: where deeds are done that a stranger's config could make costly.
    """

    def __init__(self, visitors: Visitors, workers: Workers = WORKERS) -> None:
        self.files, self.workers = visitors.files, workers
        deeds = visitors.line("deed", AT_ONCE, MOST_WAITING)
        self.lines = {"worker": deeds, "chain": visitors.lines.get("chain", deeds)}
        self._asked: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(2 * AT_ONCE, "deed")

    async def run(self, name: str, given: Mapping[str, Any], address: str, gone: Callable[[], bool]) -> Answer:
        """A deed's answer.

        Args:
            name: of the deed.
            given: its arguments, as they came.
            address: who asks.
            gone: whether nobody waits for it any more.

        Raises:
            ValueError: what the deed refuses, or too many are asked for.
            WorkFailed: its process failed, in a sentence.
        """
        deed = DEEDS[name]
        with self._counted(address):
            given = await asyncio.to_thread(with_contents, given, deed.pictures, self.files)
            values = checked(deed.fn, given)
            if deed.where == "here":
                return deed.fn(**values)
            with self.lines[deed.where].enter(secrets.token_hex(8)) as turn:
                try:
                    return await self._in_turn(name, deed, values, turn, gone)
                finally:
                    turn.given_up.set()

    @contextmanager
    def _counted(self, address: str) -> Iterator[None]:
        """All on the event loop, so nobody comes between."""
        if self._asked[address] >= MOST_EACH:
            raise Refusal("{count} requests of this address wait already; wait for their answers", count=MOST_EACH)
        self._asked[address] += 1
        try:
            yield
        finally:
            self._asked[address] -= 1
            if not self._asked[address]:
                del self._asked[address]

    async def _in_turn(
        self, name: str, deed: Deed, values: dict[str, Any], turn: Turn, gone: Callable[[], bool]
    ) -> Answer:
        while turn.place:
            if turn.given_up.is_set() or gone():
                raise Refusal("nobody waits for this any more; ask anew")
            await asyncio.sleep(POLL_S / 4)

        def unwanted() -> bool:
            return turn.given_up.is_set() or gone()

        work = self._in_worker if deed.where == "worker" else self._in_server
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, name, deed, values, unwanted)

    def _in_worker(self, name: str, deed: Deed, values: dict[str, Any], unwanted: Callable[[], bool]) -> Answer:
        told = self.workers.run(TASK, [name, values], Limits(deed.seconds, deed.memory_mb), unwanted)
        return Answer.from_json(told)

    def _in_server(self, name: str, deed: Deed, values: dict[str, Any], unwanted: Callable[[], bool]) -> Answer:
        imports.import_once()
        with within(deed.seconds, unwanted):
            return deed.fn(**values)

    def kept(self, answer: Answer, address: str) -> list[dict[str, Any]]:
        """The answer's files as Gradio's clients are told of them; they can be fetched for KEPT_S.

        Args:
            answer: whose files.
            address: who asked, and whose share of the disk they take.

        Raises:
            ValueError: that share is full.
        """
        owner, told = LENT + address, []
        for name, data in answer.files.items():
            with self.files.new(owner, name, len(data)) as path:
                path.write_bytes(data)
            later = threading.Timer(KEPT_S, self.files.remove, (owner, path))
            later.daemon = True
            later.start()
            told.append({"path": str(path), "orig_name": name, "size": len(data), "meta": {"_type": "gradio.FileData"}})
        return told
