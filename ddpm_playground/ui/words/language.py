"""Which language a reader is spoken to in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import parse_qs, urlsplit

# The first is spoken where nothing is known of the reader.
LANGUAGES = ("en", "zh-TW")


def language_of(headers: Mapping[str, str]) -> str:
    """The language of the page that a request comes from, one of LANGUAGES.

    As ui/web/page/language.js decides it: `lang` in the page's address, which is the request's Referer, before the
    browser's first language. The page keeps `lang` in its address wherever the two differ.

    Args:
        headers: of the request, names in lower case or a mapping that takes any case.
    """
    asked = parse_qs(urlsplit(headers.get("referer") or "").query).get("lang", [""])[0]
    if asked in LANGUAGES:
        return asked
    first = (headers.get("accept-language") or "").split(",")[0].split(";")[0].strip().lower()
    return "zh-TW" if first.partition("-")[0] == "zh" else LANGUAGES[0]


_SPEAKING: ContextVar[str | None] = ContextVar("speaking", default=None)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside, that language is spoken: for a process that works on a request but does not serve it."""
    token = _SPEAKING.set(language if language in LANGUAGES else LANGUAGES[0])
    try:
        yield
    finally:
        _SPEAKING.reset(token)


def spoken() -> str:
    """The language of the request that is being served; the first of LANGUAGES outside of one."""
    if (chosen := _SPEAKING.get()) is not None:
        return chosen
    from gradio.context import LocalContext  # a worker process does without gradio

    request = LocalContext.request.get(None)
    return LANGUAGES[0] if request is None else language_of(request.headers)
