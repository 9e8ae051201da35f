"""A run in a tab of the browser while it comes about: a small server on this machine that sends what is new."""

from __future__ import annotations

import atexit
import http.server
import json
import secrets
import threading
import webbrowser
from typing import TYPE_CHECKING, Any

from ..core.phrase import Refusal
from .live_feed import Feed
from .player_page import live_page

if TYPE_CHECKING:
    from .watch import Watch

HOST = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
AT_EXIT_S = 5.0  # that a process at its end waits for its tab to have everything
_SERVING: list[Tab] = []
PATIENCE_S = 15.0  # without a word, after which a line keeps the connection alive


class Story:
    """Everything that was sent, for whoever listens from the beginning."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.events: list[tuple[str, str]] = []
        self.over = False
        self.heard = 0  # listeners that have it to its end
        self.closed = False

    def tell(self, event: str, value: Any) -> None:
        """Add to it."""
        with self.changed:
            if event == "anew":
                self.events = []
            elif event != "frame":
                # Only the newest findings, notes and state count.
                self.events = [one for one in self.events if one[0] != event]
            self.events.append((event, json.dumps(value, ensure_ascii=False)))
            self.over = self.over or event == "over"
            self.changed.notify_all()


class Tab:
    """A tab that shows a run.

    Args:
        name: of what is watched.
        quiet: whether a browser that cannot be opened is passed over.

    Attributes:
        address: where it is served, with a word in it that nobody can guess.
    """

    def __init__(self, name: str, quiet: bool = False) -> None:
        while _SERVING and _SERVING[0].story.over:  # the newest tab is served, and those that are not over
            _SERVING.pop(0).close()
        self.story, token = Story(), secrets.token_urlsafe(16)
        self._feed, self._quiet, self._opened = Feed(self.story.tell), quiet, False
        try:
            self._server = _Server((HOST, 0), _handler(token, live_page(name, f"/{token}/events"), self.story))
        except OSError as error:
            raise Refusal(
                "no port of this machine can be opened for the tab ({error}); use open=None", error=error
            ) from None
        self.address = f"http://{HOST}:{self._server.server_address[1]}/{token}/"
        threading.Thread(target=self._server.serve_forever, name="watch tab", daemon=True).start()
        _SERVING.append(self)

    def called(self, watch: Watch) -> None:
        """The first call opens the tab."""
        if not self._opened:
            self._opened = True
            threading.Thread(target=self._open, name="watch browser", daemon=True).start()
        self._feed.called(watch)

    def over(self, watch: Watch) -> None:
        """The rest goes out; the process does not end before the tab has it, or had its time."""
        self._feed.over(watch)
        if self._opened:
            atexit.register(self._at_exit)

    def close(self) -> None:
        """Serve no more."""
        self.story.closed = True
        with self.story.changed:
            self.story.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _open(self) -> None:
        try:
            opened = webbrowser.open(self.address)
        except webbrowser.Error:
            opened = False
        if not opened and not self._quiet:
            print(f"watch: open {self.address}")

    def _at_exit(self) -> None:
        self._feed.join(AT_EXIT_S)
        with self.story.changed:
            self.story.changed.wait_for(lambda: self.story.heard > 0, AT_EXIT_S)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A tab that was closed is no error."""


def _handler(token: str, page: str, story: Story) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The page, or what there is to hear."""
            host = self.headers.get("Host", "").rpartition(":")[0]
            if host not in (HOST, "localhost"):  # a name that was made to point here (DNS rebinding)
                self.send_error(403)
            elif secrets.compare_digest(self.path.encode(), f"/{token}/".encode()):
                self._said("text/html; charset=utf-8", page.encode())
            elif secrets.compare_digest(self.path.encode(), f"/{token}/events".encode()):
                self._tell()
            else:
                self.send_error(404)

        def _head(self, kind: str) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": kind, **HEADERS}.items():
                self.send_header(name, value)

        def _said(self, kind: str, body: bytes) -> None:
            self._head(kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _tell(self) -> None:
            """Server-sent events: all that there was, then what comes."""
            self._head("text/event-stream")
            self.end_headers()
            told: list[tuple[str, str]] = []
            while not story.closed:
                with story.changed:
                    story.changed.wait_for(lambda told=told: story.closed or _news(story.events, told), PATIENCE_S)
                    events, over = list(story.events), story.over
                fresh = _news(events, told)
                text = "".join(f"event: {event}\ndata: {value}\n\n" for event, value in fresh) or ": still here\n\n"
                self.wfile.write(text.encode())
                self.wfile.flush()
                told = events
                if over and not _news(story.events, told):
                    with story.changed:
                        story.heard += 1
                        story.changed.notify_all()
                    return

        def log_message(self, format: str, *arguments: object) -> None:
            """Not on the terminal of somebody's training."""

    return Handler


def _news(events: list[tuple[str, str]], told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was added since; another run's events are all new."""
    known = {id(one) for one in told}
    return [one for one in events if id(one) not in known]
