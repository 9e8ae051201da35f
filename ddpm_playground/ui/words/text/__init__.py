"""All screen text, from string tables: text/<language>/<part>.json, keys "part.key"."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...protocol.parts import Note
from ..language import LANGUAGES, spoken
from ..titles import titles

if TYPE_CHECKING:
    from gradio.i18n import I18nData


@cache
def _written(language: str) -> dict[str, str]:
    strings: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.json")):
        part = json.loads(path.read_text(encoding="utf-8"))
        strings |= {f"{path.stem}.{key}": value for key, value in part.items()}
    return strings


def table(language: str = LANGUAGES[0]) -> dict[str, str]:
    """Every string of a language, key "part.key" → text."""
    return titles() | _written(language)


def tables() -> dict[str, dict[str, str]]:
    """Every string of every language."""
    return {language: table(language) for language in LANGUAGES}


def text(key: str, **values: object) -> str:
    """What a handler says now: the string of a key in the language of the request, with {names} filled in.

    Raises:
        KeyError: no such key.
    """
    said = table(spoken())[key]
    return said.format(**values) if values else said


def label(key: str) -> "I18nData":
    """What a widget that is built once says: the browser puts the string of its own language there.

    It may stand in a longer string, once. It has no {names}, and stands for a whole property that Gradio translates:
    label, info, placeholder, value, or the name of a choice.

    Raises:
        KeyError: no such key.
    """
    from gradio.i18n import I18nData  # a worker process does without gradio

    table()[key]
    return I18nData(key)


def note(key: str, **values: object) -> Note:
    """What a component's script says, whoever looks at it: {"key", "values"} for `sayNote`; a value may be a note.

    Raises:
        KeyError: no such key.
    """
    table()[key]
    return {"key": key, "values": values}
