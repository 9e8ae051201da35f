"""A page served by a process of its own, so that its warnings and event loops stay out of the tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(
    module: str, patience_s: float = 120.0, command: Sequence[str] = (), cwd: Path | None = None, **more: str
) -> Iterator[str]:
    """The address of the page that `python -m <module>` serves on GRADIO_SERVER_PORT.

    Args:
        module: what serves it, or what a message shall call `command`.
        patience_s: how long it may take until it answers.
        command: what to run in place of the module.
        cwd: where.
        more: of its environment.

    Raises:
        RuntimeError: the process ended, or did not answer within `patience_s`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"} | more
    command = command or [sys.executable, "-m", module]
    server = subprocess.Popen(
        command, cwd=cwd, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    url, end = f"http://127.0.0.1:{port}/", time.monotonic() + patience_s
    try:
        while not _answers(url):
            if server.poll() is not None:
                raise RuntimeError(f"{module} ended: {server.communicate()[1]}")
            if time.monotonic() > end:
                raise RuntimeError(f"{module} did not answer within {patience_s:g} s")
            time.sleep(0.3)
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, TimeoutError):
        return False
    return True
