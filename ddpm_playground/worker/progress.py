"""How far the work in a worker is, told to whoever waits for it."""

import json
import time
from collections.abc import Callable

PREFIX = b'{"progress": '  # of a line that is no answer yet
SECONDS_BETWEEN = 0.2


class Teller:
    """Writes how far the one request of this process is.

    Attributes:
        write: takes a line; None where nobody listens.
    """

    def __init__(self) -> None:
        self.write: Callable[[bytes], object] | None = None
        self._told_s = 0.0

    def __call__(self, done: int, total: int) -> None:
        """So many of `total` steps are done; told a few times a second at most."""
        now_s = time.monotonic()
        if self.write is not None and now_s - self._told_s >= SECONDS_BETWEEN:
            self._told_s = now_s
            self.write(json.dumps({"progress": [done, total]}).encode() + b"\n")


tell_progress = Teller()
