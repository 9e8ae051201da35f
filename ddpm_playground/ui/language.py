"""Which language a reader is spoken to in."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from gradio.context import LocalContext

# The first is spoken where nothing is known of the reader.
LANGUAGES = ("en", "zh-TW")


def language_of(headers: Mapping[str, str]) -> str:
    """The language of the page that a request comes from, one of LANGUAGES.

    As ui/player/language.js decides it: `lang` in the page's address, which is the request's Referer, before the
    browser's first language. The page keeps `lang` in its address wherever the two differ.

    Args:
        headers: of the request, names in lower case or a mapping that takes any case.
    """
    asked = parse_qs(urlsplit(headers.get("referer") or "").query).get("lang", [""])[0]
    if asked in LANGUAGES:
        return asked
    first = (headers.get("accept-language") or "").split(",")[0].split(";")[0].strip().lower()
    return "zh-TW" if first.partition("-")[0] == "zh" else LANGUAGES[0]


def spoken() -> str:
    """The language of the request that is being served; the first of LANGUAGES outside of one."""
    request = LocalContext.request.get(None)
    return LANGUAGES[0] if request is None else language_of(request.headers)
