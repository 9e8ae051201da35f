"""Coroutines in tests."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PATIENCE_S = 20.0


def run(work: Coroutine[Any, Any, Any], patience_s: float = PATIENCE_S) -> Any:
    """What a coroutine returns within `patience_s`; in another thread, as the browser tests keep a loop in this one."""

    async def in_time() -> Any:
        return await asyncio.wait_for(work, patience_s)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, in_time()).result()
