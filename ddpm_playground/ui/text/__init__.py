"""All screen text, from string tables: text/<language>/<part>.json, keys "part.key"."""

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("en",)


@cache
def table(language: str = "en") -> dict[str, str]:
    """Every string of a language, key "part.key" → text."""
    strings: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.json")):
        part = json.loads(path.read_text(encoding="utf-8"))
        strings |= {f"{path.stem}.{key}": value for key, value in part.items()}
    return strings


def text(key: str, **values: object) -> str:
    """The English string of a key, with {names} filled in.

    Raises:
        KeyError: no such key.
    """
    return table()[key].format(**values) if values else table()[key]
