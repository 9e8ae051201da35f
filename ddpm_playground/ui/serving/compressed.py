"""Answers that are text go compressed, since Gradio sends the page itself and what its functions answer as they are."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1000
LEVEL = 6


class Compressed:
    """ASGI middleware: gzip for what is asked of the page and its functions.

    Streams go on message by message, as starlette leaves them; files go as they lie, so that a part of one can be had.

    Args:
        app: what is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.gzip = app, GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, compressed or as it is."""
        as_it_is = scope["type"] != "http" or "file=" in scope["path"] or _asks_for_a_part(scope)
        await (self.app if as_it_is else self.gzip)(scope, receive, send)


def _asks_for_a_part(scope: Scope) -> bool:
    return any(name == b"range" for name, _ in scope["headers"])
