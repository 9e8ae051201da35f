"""What stands in the page before Gradio's own scripts run: where our modules are, styles, facts, and the language.

What `launch(head=)` holds is put there by Gradio's own script, after that has chosen its language.
"""

import json
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..protocol.page_messages import Facts
from ..serving.web import FOLDER, INLINE, NAME, STYLES, Web, web_files
from ..words import scripts as words
from ..words.language import LANGUAGES

# Of ui/web/page, what Gradio's events and components import before any room is known; the rest comes with the rooms.
FIRST = ("page/mounting.js", "page/settings.js")
# Addresses in the head are seen from the page's <base>, so the import map follows it; and no module comes before.
START = re.compile(rb"<base\b[^>]*>|<head\b[^>]*>(?![\s\S]*<base\b)")


def web_middleware(facts: Facts) -> list[Middleware]:
    """What a page with our components needs: it serves ui/web and tells the page of it.

    Args:
        facts: what every page's `window.ddpm` begins with.
    """
    return [Middleware(Web), Middleware(Prelude, start=_start(), end=_end(facts))]


def _start() -> str:
    """Import map and styles."""
    web = web_files()
    names = json.dumps({"imports": {NAME: web.address()}})
    style = f'<link rel="stylesheet" href="{web.address(STYLES)}">'
    return f'<script type="importmap">{names}</script>{style}'


def _end(facts: Facts) -> str:
    """Scripts that the page runs before any module."""
    told = json.dumps({**facts, "modules": _modules(), **_words()}, ensure_ascii=False).replace("<", "\\u003c")
    first, *rest = ((FOLDER / path).read_text(encoding="utf-8") for path in INLINE)
    return "".join(f"<script>{script}</script>" for script in (f"window.ddpm = {told};\n{first}", *rest))


def _words() -> dict[str, dict]:
    """Where the words of each language are, and those that come with a room."""
    address = web_files().address
    return {
        "words": {language: address(words.early(language)) for language in LANGUAGES},
        "late": {
            room: {language: address(words.late(room, language)) for language in LANGUAGES} for room in words.LATE
        },
    }


def _modules() -> dict[str, list[str]]:
    """Room → addresses of every script that it imports, so that none waits until another one names it."""
    web = web_files()
    rooms = sorted({path.partition("/")[0] for path in web.modules})
    found = {room: web.modules_of(room) for room in rooms} | {"page": web.imported_by(*FIRST)}
    return {room: [web.address(path) for path in paths] for room, paths in found.items()}


class Prelude:
    """ASGI middleware that adds to the head of every HTML page.

    Gradio's scripts are modules, which wait until the page has been read; window.gradio_config stands before the end.

    Args:
        app: what is behind it.
        start: HTML for where the head begins.
        end: HTML for where the head ends.
    """

    def __init__(self, app: ASGIApp, start: str, end: str) -> None:
        self.app, self.start, self.end = app, start.encode(), end.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; the answer is held back until the whole page is there, if it is one."""
        held: Message | None = None
        page = b""

        async def sending(message: Message) -> None:
            nonlocal held, page
            if message["type"] == "http.response.start" and _is_page(Headers(raw=message["headers"])):
                held = message
            elif held is None:
                await send(message)
            else:
                page += message.get("body", b"")
                if not message.get("more_body", False):
                    whole = self._with_head(page)
                    held["headers"] = list(held["headers"])
                    MutableHeaders(raw=held["headers"])["content-length"] = str(len(whole))
                    await send(held)
                    await send({"type": "http.response.body", "body": whole})

        await self.app(scope, receive, sending if scope["type"] == "http" and scope["method"] == "GET" else send)

    def _with_head(self, page: bytes) -> bytes:
        begun = START.sub(lambda tag: tag[0] + self.start, page, count=1)
        return begun.replace(b"</head>", self.end + b"</head>", 1)


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
