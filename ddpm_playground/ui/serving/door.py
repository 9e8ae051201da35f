"""The door: every request passes here before Gradio sees it."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..words.language import language_of
from ..words.refusal import refusal
from .border import MAX_BODY, POSTS, SESSION, Refused, check_deed, read_body, read_json
from .hosts import Hosts
from .owners import OWNERS, Owners, asked_by, cookie_of, new_cookie
from .uploads import check_upload

STREAM = re.compile(r"/queue/data/?$")
HEARTBEAT = re.compile(r"/heartbeat/([^/]*)/?$")
# Parts of Gradio that this page does not use.
UNUSED = ("run", "api", "proxy=", "stream", "vibe-", "undo-vibe-", "process_recording", "deep_link", "dev")
SHUT = re.compile(rf"/gradio_api/({'|'.join(UNUSED)})|/gradio_api/mcp/(sse|messages)")
# The doors for programs: REST, by values or by names, its answer, and MCP.
CALL = re.compile(r"/gradio_api/call/(v2/)?([a-z_]+)/?$")
HEARD = re.compile(r"/gradio_api/call/[a-z_]+/([0-9a-f]{32})/?$")
MCP = re.compile(r"/gradio_api/mcp(/http)?/?$")


class Door:
    """ASGI middleware: hosts, owners and arguments are checked, and who listens is noted.

    Args:
        app: what is behind it.
        demo: the page, once there is one.
        hosts: the names that the server answers for.
        owners: whose session is whose.
    """

    def __init__(self, app: ASGIApp, demo: Callable[[], gr.Blocks], hosts: Hosts, owners: Owners = OWNERS) -> None:
        self.app, self.demo, self.hosts, self.owners = app, demo, hosts, owners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            await self._pass(scope, headers, receive, send)
        except Refused as why:
            said = refusal(why, language_of(headers))
            answer = JSONResponse({"detail": said, "error": said}, why.status, {"cache-control": "no-store"})
            await answer(scope, receive, send)

    async def _pass(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        navigates = method in ("GET", "HEAD") and "/gradio_api/" not in path
        if why := self.hosts.refuses(headers, navigates):
            raise Refused(why, 403)
        if method not in ("GET", "HEAD", "POST", "OPTIONS"):
            raise Refused("{method} is not part of this page", 405, method=method)
        if SHUT.search(path) or ("/gradio_api/call" in path and not (CALL.search(path) or HEARD.search(path))):
            raise Refused("this page has no such address", 404)
        if MCP.search(path) and method == "GET" and "text/event-stream" in headers.get("accept", ""):
            raise Refused("MCP is spoken here by POST alone; nothing is sent by itself", 405)
        cookie = cookie_of(headers)
        owner = cookie or "address " + str((scope.get("client") or ("",))[0])
        if method == "POST":
            await self._post(scope, headers, owner, receive, send)
        elif STREAM.search(path):
            asked = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
            session = self._session(asked, owner)
            self.owners.opened(session)
            try:
                await self.app(scope, receive, send)
            finally:
                self.owners.closed(session)
        elif heard := HEARD.search(path):
            self.owners.opened(heard[1])
            try:
                await self.app(scope, receive, send)
            finally:
                self.owners.closed(heard[1])
        elif beat := HEARTBEAT.search(path):
            alive = "beat " + self._session(beat[1], owner)
            self.owners.opened(alive)
            try:
                await self.app(scope, receive, send)
            finally:
                self.owners.closed(alive)
        else:
            await self.app(scope, receive, send if cookie else self._with_cookie(scope, headers, send))

    async def _post(self, scope: Scope, headers: Headers, owner: str, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if path.endswith("/upload"):
            check_upload(headers, owner)
            return await self.app(scope, receive, send)
        if called := CALL.search(path):
            raw = await _whole(headers, receive)
            check_deed(read_json(raw, headers.get("content-type", "")), called[2], bool(called[1]), self.demo())
            return await self.app(scope, _replayed(raw, receive), send)
        if MCP.search(path):
            raw = await _whole(headers, receive)
            read_json(raw, headers.get("content-type", ""))
            return await self.app(scope, _replayed(raw, receive), send)
        check = next((check for end, check in POSTS.items() if path.endswith(end)), None)
        if check is None:
            raise Refused("this page has no such address", 404)
        raw = await _whole(headers, receive)
        body = read_body(raw, headers.get("content-type", ""))
        check(body, self.demo())
        session = self._session(str(body["session_hash"]), owner)
        self.owners.asked(session)
        self.owners.sweep()
        with asked_by(session):
            await self.app(scope, _replayed(raw, receive), send)

    def _session(self, session: str, owner: str) -> str:
        if not SESSION.fullmatch(session):
            raise Refused("session_hash must be up to 64 letters, digits, - and _; reload the page", 400)
        if not self.owners.admits(session, owner):
            raise Refused("this session belongs to another visitor; reload the page", 403)
        return session

    def _with_cookie(self, scope: Scope, headers: Headers, send: Send) -> Send:
        secure = scope.get("scheme") == "https" or headers.get("x-forwarded-proto", "").startswith("https")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(message.get("headers", []))
                given = MutableHeaders(raw=message["headers"])
                if given.get("content-type", "").startswith("text/html"):
                    given.append("set-cookie", new_cookie(secure))
            await send(message)

        return sending


async def _whole(headers: Headers, receive: Receive) -> bytes:
    """The body of a request, if it is not too large."""
    too_large = Refused("a request may have at most {most} MB; send less", 413, most=MAX_BODY // 2**20)
    told = headers.get("content-length", "0")
    if not told.isdecimal() or len(told) > 12 or int(told) > MAX_BODY:
        raise too_large
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("the request ended before it was whole", 400)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise too_large
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(raw: bytes, receive: Receive) -> Receive:
    """What was read already, then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receiving() -> Message:
        return first.pop() if first else await receive()

    return receiving
