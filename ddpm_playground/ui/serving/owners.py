"""Whose session is whose, and who still listens."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Protocol
from weakref import WeakSet

from starlette.datastructures import Headers

COOKIE = "ddpm_owner"
MOST_SESSIONS = 20_000
GONE_S = 8.0  # without an open stream for so long, a visitor has gone
SWEEP_S, CLOSED_S = 10.0, 60.0
_ASKING: ContextVar[str] = ContextVar("asking", default="")


def asking() -> str:
    """The session whose request a server function answers; empty outside of one. Events have it in their request."""
    return _ASKING.get()


@contextmanager
def asked_by(session: str) -> Iterator[None]:
    """Inside, it is this session that asks."""
    token = _ASKING.set(session)
    try:
        yield
    finally:
        _ASKING.reset(token)


class Leaving(Protocol):
    """What keeps something for visitors, and forgets those who have closed."""

    def forget_closed(self, is_closed: Callable[[str], bool]) -> None:
        """Forget what belongs to sessions of which `is_closed` is true."""
        ...


class Owners:
    """Gradio knows a browser tab by a name that the tab chooses. Here such a name belongs to whoever used it first.

    A browser is known by an unguessable cookie that it gets with the page, a client without cookies by its address:
    with the name alone, nobody else can read, stop or replace what a tab is doing.
    """

    def __init__(self) -> None:
        self._owner_of: OrderedDict[str, str] = OrderedDict()
        self._streams: dict[str, int] = {}
        self._heard_s: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        self._swept_s = time.monotonic()
        self._alarm: threading.Timer | None = None
        self.leaving: WeakSet[Leaving] = WeakSet()

    def sweep(self, at_once: bool = False) -> None:
        """Now and then, or at once, tell those in `leaving` to forget the sessions that have closed without a word."""
        with self._lock:
            if not at_once and time.monotonic() - self._swept_s < SWEEP_S:
                return
            self._swept_s = time.monotonic()
        for kept in list(self.leaving):
            kept.forget_closed(self.is_closed)

    def _late_sweep(self) -> None:
        """The sweep after the last request: on a page that nobody asks for anything, who has gone is forgotten too."""
        with self._lock:
            self._alarm = None
            if time.monotonic() - next(reversed(self._heard_s.values())) < CLOSED_S:
                self._arm()  # the lock is held: none is forgotten, and none is woken twice
        self.sweep(at_once=True)

    def _arm(self) -> None:
        if self._alarm is None:
            self._alarm = threading.Timer(CLOSED_S + 1.0, self._late_sweep)
            self._alarm.daemon = True
            self._alarm.start()

    def is_closed(self, session: str) -> bool:
        """Whether a session has no stream and no heartbeat, and has asked for nothing for CLOSED_S."""
        with self._lock:
            heard = self._heard_s.get(session, self._swept_s - CLOSED_S)
            open_now = session in self._streams or f"beat {session}" in self._streams
            return not open_now and time.monotonic() - heard > CLOSED_S

    def admits(self, session: str, owner: str) -> bool:
        """Whether a session is this owner's; one that nobody has used yet becomes his."""
        with self._lock:
            first = self._owner_of.setdefault(session, owner)
            self._owner_of.move_to_end(session)
            while len(self._owner_of) > MOST_SESSIONS:
                self._owner_of.popitem(last=False)
            return secrets.compare_digest(first.encode(), owner.encode())

    def opened(self, session: str) -> None:
        """A stream of the session's messages was opened."""
        with self._lock:
            self._streams[session] = self._streams.get(session, 0) + 1

    def closed(self, session: str) -> None:
        """A stream of the session's messages was closed."""
        with self._lock:
            left = self._streams.pop(session, 1) - 1
            if left > 0:
                self._streams[session] = left
            self._heard(session)

    def asked(self, session: str) -> None:
        """The session has just asked for something, so it is given the time to open its stream."""
        with self._lock:
            self._heard(session)

    def _heard(self, session: str) -> None:
        self._heard_s[session] = time.monotonic()
        self._heard_s.move_to_end(session)
        while len(self._heard_s) > MOST_SESSIONS:
            self._heard_s.popitem(last=False)
        self._arm()

    def has_gone(self, session: str) -> bool:
        """Whether nobody has listened to a session for GONE_S; never of one that was not heard of here."""
        with self._lock:
            heard = self._heard_s.get(session)
            return session not in self._streams and heard is not None and time.monotonic() - heard > GONE_S


def cookie_of(headers: Headers) -> str | None:
    """The owner's cookie of a request."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value[:64] if found and found.value else None


def new_cookie(secure: bool) -> str:
    """A Set-Cookie header for a browser that has none; over TLS it also serves a page within a page, as on Spaces."""
    how = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; {how}"


OWNERS = Owners()
