"""Screen text as scripts that the page loads: one for each language, and beside it what only one room says."""

import json
from collections.abc import Mapping

from .text import tables

FOLDER = "words"
# Room of ui/web → how the keys begin that are said there alone, and in no template: those words come with its scripts.
LATE = {"chapters": "ch_"}


def early(language: str) -> str:
    """Path of the words that every page has from the start."""
    return f"{FOLDER}/{language}.js"


def late(room: str, language: str) -> str:
    """Path of the words that come with a room."""
    return f"{FOLDER}/{language}.{room}.js"


def word_scripts() -> dict[str, str]:
    """Every such script by its path."""
    found = {}
    for language, whole in tables().items():
        left = dict(whole)
        for room, begin in LATE.items():
            of_room = {key: left.pop(key) for key in whole if key.startswith(begin)}
            found[late(room, language)] = _added(language, of_room)
        found[early(language)] = _added(language, left)
    return found


def _added(language: str, words: Mapping[str, str]) -> str:
    name, said = json.dumps(language), json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return f"window.ddpm.text[{name}] = {{ ...window.ddpm.text[{name}], ...{said} }};\n"
