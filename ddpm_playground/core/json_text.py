"""JSON, and where and why a text is none."""

import json
import re
from typing import Any

from .phrase import Phrase, Refusal

MAX_DEPTH = 32
MAX_DIGITS = 1000
CONFLICT = re.compile(r"^(<{7}|>{7})(?=[ \t\r\n]|$)", re.MULTILINE)
# What json says → the same in words that every language here has.
WHY = {
    "Expecting property name enclosed in double quotes": "a key in double quotes was expected",
    "Expecting ':' delimiter": "a colon was expected",
    "Expecting ',' delimiter": "a comma or a closing bracket was expected",
    "Expecting value": "a value was expected",
    "Extra data": "something follows its end",
    "Unterminated string starting at": "a string that begins there has no closing quote",
    "Invalid control character at": "a string holds a line break or another control character",
    "Invalid \\escape": "a backslash stands before what it cannot stand before",
    "Invalid \\uXXXX escape": "a backslash stands before what it cannot stand before",
}
NO_VALUES = re.compile(r"(?i)\s*(<!doctype|<html|version https://git-lfs|(#|//).*\n\s*([{\[#]|//))")
# What stands at the place → why it cannot.
THERE = (
    (re.compile(r"'"), "strings stand in double quotes, not in single ones"),
    (re.compile(r"(None|True|False)\b"), "Python's None, True and False are null, true and false in JSON"),
    (re.compile(r"//|#|/\*"), "JSON has no comments"),
    (re.compile(r"\.\.\.|…"), "values were left out where the dots stand"),
    (re.compile(r"(tensor|array)\("), "a tensor or array as Python prints it is no JSON list"),
    (re.compile(r"(?i)<!doctype|<html"), "it is a web page, not the file that the page is about"),
    (re.compile(r"version https://git-lfs"), "it is a Git LFS pointer, and the file itself was not fetched"),
)


class _Endless(Exception):
    """A whole number of more digits than anything here has."""


class NoJSON(Refusal):
    """The text is no JSON; it may be something else."""


def refuse_conflict(text: str, name: str) -> None:
    """Refuse a text that holds both sides of a merge.

    Raises:
        ValueError: a merge-conflict marker stands at the start of a line.
    """
    found = CONFLICT.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise Refusal(
            "{name} is no JSON and no table: at line {line}, column 1: a merge-conflict marker ({found}); keep one "
            "of its two sides and remove the markers",
            name=name,
            line=line,
            found=found[0],
        )


def parse_json(text: str, name: str) -> tuple[Any, list[Phrase]]:
    """The value of a JSON text, NaN and ±Infinity allowed, and which keys stand in it twice.

    Raises:
        NoJSON: no JSON, with line, column and reason.
        ValueError: a merge-conflict marker, brackets nested too deep, or an endless number.
    """
    refuse_conflict(text, name)
    twice: list[Phrase] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(found)
        if len(value) < len(found):
            names = [key for key, _ in found]
            twice.append(
                Phrase(
                    "{key} stands in it twice: the last one counts",
                    key=next(key for key in value if names.count(key) > 1),
                )
            )
        return value

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise NoJSON(
            "{name} is no JSON: at line {lineno}, column {colno}: {text}; correct it there",
            name=name,
            lineno=error.lineno,
            colno=error.colno,
            text=_why(text, error),
        ) from None
    except _Endless as error:
        raise Refusal(
            "{name} holds a whole number of {count} digits; correct it", name=name, count=f"{error.args[0]:,}"
        ) from None
    except RecursionError:
        raise Refusal("{name} is no JSON that can be read here: its brackets are nested too deep", name=name) from None
    if _deeper(value, MAX_DEPTH):
        raise Refusal("{name} is no JSON that can be read here: its brackets are nested too deep", name=name)
    return value, twice


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _Endless(len(digits.lstrip("-")))
    return int(digits)


def _deeper(value: Any, most: int) -> bool:
    """Whether lists and objects lie within each other more than so often."""
    layer = [value]
    for _ in range(most):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not layer:
            return False
    return True


def _why(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong at the place where json stopped."""
    rest, before = text[error.pos :], text[: error.pos].rstrip()
    if error.msg.startswith("Illegal trailing comma") or (before.endswith(",") and rest[:1] in ("}", "]")):
        return "a comma stands before a closing bracket"
    for pattern, why in THERE:
        if pattern.match(rest):
            return why
    if not rest.strip():
        return "it ends before its brackets are closed"
    return WHY.get(error.msg.removesuffix(":").strip(), "something that JSON does not have")
