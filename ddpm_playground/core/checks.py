"""A number in a range, a whole number, one of some names: each checked and refused in one place."""

import math
from collections.abc import Iterable, Mapping, Sized
from typing import TypeVar

from .phrase import Phrase, Refusal

MOST_QUOTED = 60
Row = TypeVar("Row")
PICK, ONE_OF_THESE = "pick one in that range", "pick one of these"


def number(name: str, value: object, low: float, high: float, do: str = PICK) -> float:
    """A number in [low, high], as float.

    Args:
        name: what it is for.
        value: what came.
        low: the least that is allowed.
        high: the most.
        do: what the reader should do about another.

    Raises:
        ValueError: no number, NaN, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise Refusal(
            "{name} must be a number in [{low}, {high}], got {got}; {do}",
            name=name, low=bound(low), high=bound(high), got=quoted(value), do=do,
        )  # fmt: skip
    return float(value)


def whole_number(name: str, value: object, low: int, high: int, do: str = PICK) -> int:
    """A whole number in [low, high]; see `number`.

    Raises:
        ValueError: no int, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refusal(
            "{name} must be a whole number in [{low}, {high}], got {got}; {do}",
            name=name, low=bound(low), high=bound(high), got=quoted(value), do=do,
        )  # fmt: skip
    return value


def one_of(name: str, value: object, known: Iterable[str], do: str = ONE_OF_THESE) -> str:
    """One of some names; see `number`.

    Raises:
        ValueError: another one, or no text.
    """
    allowed = tuple(known)
    if not isinstance(value, str) or value not in allowed:
        raise Refusal(
            "{name} must be one of {known}, got {got}; {do}",
            name=name, known=", ".join(allowed), got=quoted(value), do=do,
        )  # fmt: skip
    return value


def look_up(table: Mapping[str, Row], name: object, refused: str) -> Row:
    """What a table has under a name; see `number`.

    Args:
        table: name → row.
        name: what came.
        refused: the sentence for a name that it has not, with the places {name} and {known}.

    Raises:
        ValueError: no such name, or no text.
    """
    if not isinstance(name, str) or name not in table:
        raise unknown(name, table, refused)
    return table[name]


def unknown(name: object, known: Iterable[str], refused: str) -> Refusal:
    """The refusal of a name that is not among those known; see `look_up`."""
    return Refusal(refused, name=quoted(name), known=", ".join(known))


def no_longer(name: str, value: Sized, most: int, refused: str) -> None:
    """A text or a list of at most so many; see `look_up` of the sentence, whose places are {name}, {most} and {got}.

    Raises:
        ValueError: it is longer.
    """
    if len(value) > most:
        raise Refusal(refused, name=name, most=f"{most:,}", got=f"{len(value):,}")


def bound(value: float) -> str:
    """A bound as one would write it: whole numbers with all their digits."""
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else f"{value:g}"


def quoted(value: object) -> str:
    """What came, as a sentence may have it: a whole number of thousands of digits cannot even be printed."""
    if isinstance(value, int) and value.bit_length() > 4 * MOST_QUOTED:
        return Phrase("a whole number of {count} digits", count=f"{int(value.bit_length() * math.log10(2)) + 1:,}")
    shown = repr(value)
    return shown if len(shown) <= MOST_QUOTED else f"{shown[:MOST_QUOTED]}…"
