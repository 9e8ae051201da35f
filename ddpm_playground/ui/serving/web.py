"""The page's scripts and styles, as files that a browser may keep: their address changes when any of them does."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from posixpath import normpath
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..words import scripts as words

FOLDER = Path(__file__).parents[1] / "web"
ROOM = "ddpm-web"  # the first part of their address, behind whatever root path a proxy adds
NAME = "ddpm/"  # what they are called in `import`: the page's import map says where that is
STYLES = "styles.css"
ADDRESS = re.compile(rf"/{ROOM}/([0-9a-f]+)/([\w./-]+)$")
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
YEAR = "public, max-age=31536000, immutable"
LAST = ".narrow.css"
# What every component has of ui/web/page, before its own.
SHARED = (
    "frame",
    "page",
    "controls",
    "message",
    "section",
    "card",
    "field",
    "findings",
    "table",
    "formula",
    "film_rows",
    "run_bar",
    "experiment",
)
IMPORT = re.compile(r'^(?:import|export)\b[^"]*"(\.{1,2}/[^"]+\.js)"', re.MULTILINE)
LATER_IMPORT = re.compile(r'\bimport\("(\.{1,2}/[^"]+\.js)"\)')
# Scripts that are not modules: they stand in the page itself.
INLINE = ("page/language.js", "page/prelude.js")


class WebFile(NamedTuple):
    """A file as it is, and compressed."""

    plain: bytes
    gzipped: bytes


class WebFiles(NamedTuple):
    """The files by their paths, and a name for this very state of them all."""

    version: str
    files: Mapping[str, WebFile]

    @property
    def modules(self) -> list[str]:
        """Every script that a page imports."""
        return sorted(path for path in self.files if path.endswith(".js") and not path.startswith(f"{words.FOLDER}/"))

    def modules_of(self, room: str) -> list[str]:
        """Every script that the components of ui/web/<room>/ import, one after the other, and they themselves.

        What is imported on the way, and by its own room, comes when it is needed.
        """
        own = [path for path in self.modules if path.startswith(f"{room}/")]
        on_the_way = {path for one in own for path in self._named_in(one, LATER_IMPORT) if path.startswith(f"{room}/")}
        return self.imported_by(*(path for path in own if path not in on_the_way))

    def imported_by(self, *paths: str) -> list[str]:
        """These scripts and every script that they import, one after the other."""
        found: set[str] = set()
        wanted = list(paths)
        while wanted:
            path = wanted.pop()
            if path not in found:
                found.add(path)
                wanted += self._named_in(path, IMPORT)
        return sorted(found)

    def _named_in(self, path: str, pattern: re.Pattern[str]) -> list[str]:
        return [normpath(f"{path}/../{name}") for name in pattern.findall(self.files[path].plain.decode())]

    def address(self, path: str = "") -> str:
        """Where a file is, seen from the page."""
        return f"./{ROOM}/{self.version}/{path}"


@cache
def web_files() -> WebFiles:
    """All modules, one stylesheet of all components, and the words. Read once: a changed file needs another start."""
    texts = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.js")}
    for path in INLINE:
        del texts[path]
    texts |= {STYLES: styles(), **words.word_scripts()}
    raw = {path: text.encode() for path, text in sorted(texts.items())}
    whole = hashlib.sha256(b"".join(path.encode() + b"\0" + plain + b"\0" for path, plain in raw.items()))
    files = {path: WebFile(plain, gzip.compress(plain, 9, mtime=0)) for path, plain in raw.items()}
    return WebFiles(whole.hexdigest()[:12], files)


def scope_of(path: str) -> str:
    """The class of the element of the component ui/web/<path>."""
    return f"ddpm-canvas-{path.rpartition('/')[2]}"


def styles() -> str:
    """The styles of every component, each within its own element, stronger than the theme; first those they share.

    A component's styles stand beside it, in <name>.css or in several files <name>.<part>.css; <name>.narrow.css comes
    last, for where there is little room. A gr.HTML's own css_template is read and applied anew with each new value,
    here up to 30 times a second.
    """
    shared = [(FOLDER / "page" / f"{name}.css").read_text(encoding="utf-8") for name in SHARED]
    own = [path for path in FOLDER.glob("*/*.css") if path.parent.name != "page"]
    own.sort(key=lambda path: (path.name.endswith(LAST), path))
    # Named four times, the class outweighs any rule of the theme; an id in :is() would too, but the browser then
    # restyles the whole page for each frame of a drag.
    scopes = [f".{scope_of(path.name.partition('.')[0])}" * 4 for path in own]
    scoped = [f"{scope} {{ {path.read_text(encoding='utf-8')} }}" for scope, path in zip(scopes, own, strict=True)]
    return "\n".join([*shared, *scoped])


class Web:
    """ASGI middleware that answers for the files of ui/web.

    They are known by name, so no path leads anywhere else; an address of another version is none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.known = app, web_files()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on what is not asked of this folder."""
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and ADDRESS.search(scope["path"])
        await (self._answer(asked, Headers(scope=scope)) if asked else self.app)(scope, receive, send)

    def _answer(self, asked: re.Match[str], headers: Headers) -> Response:
        version, path = asked.groups()
        file = self.known.files.get(path) if version == self.known.version else None
        if file is None:
            return PlainTextResponse("no such file in this version", 404, {"cache-control": "no-store"})
        about = {"cache-control": YEAR, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
        about["content-type"] = TYPES[Path(path).suffix]
        if "gzip" in headers.get("accept-encoding", ""):
            return Response(file.gzipped, headers=about | {"content-encoding": "gzip"})
        return Response(file.plain, headers=about)
