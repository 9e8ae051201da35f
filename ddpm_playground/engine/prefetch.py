"""Work that is done in another thread before its result is asked for."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Result = TypeVar("Result")


def prefetch(jobs: Iterator[Callable[[], Result]], lead: int) -> Generator[Result]:
    """The jobs' results in order, each done in another thread up to `lead` jobs before it is asked for.

    Closed before its end, it waits for the job in hand and drops the others.
    """
    worker = ThreadPoolExecutor(1)
    try:
        waiting = deque(worker.submit(job) for job in islice(jobs, lead))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(worker.submit(job) for job in islice(jobs, 1))
            yield result
    finally:
        worker.shutdown(cancel_futures=True)
