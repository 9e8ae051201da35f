"""Sentences that know what they were made of, so that a reader of another language can have them too."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, cast


class Phrase(str):
    """An English sentence, made of a template and of what fills its places.

    Without values the template is the sentence, braces and all; with them it is filled in by `str.format`. Another
    language has a template of the same places under this one (ui/words/refusals/<language>.json).

    Attributes:
        template: the sentence with {names} as places.
        values: name → number, text or Phrase; anything else is kept as the text that it is formatted to.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Phrase":
        if isinstance(template, Phrase) and not values:
            return template
        kept = {name: _kept(value) for name, value in values.items()}
        made = super().__new__(cls, template.format(**kept) if kept else template)
        made.template, made.values = str(template), kept
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return phrase_from, (self.as_json(),)

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types, for `phrase_from`."""
        values = {name: value.as_json() if isinstance(value, Phrase) else value for name, value in self.values.items()}
        return {"key": self.template, "values": values}


def phrase_from(given: Mapping[str, Any]) -> Phrase:
    """The phrase that `Phrase.as_json` wrote."""
    values: dict[str, Any] = {
        name: phrase_from(cast(Mapping[str, Any], one)) if isinstance(one, Mapping) else one
        for name, one in given["values"].items()
    }
    return Phrase(given["key"], **values)


def in_a_row(parts: Sequence[str], between: str = "{one}, {other}") -> str:
    """Several phrases as one, each still known for what it is; "" of none.

    Args:
        parts: phrases or texts.
        between: a template of two of them, "{one}" and "{other}".
    """
    told = parts[0] if parts else ""
    for other in parts[1:]:
        told = Phrase(between, one=told, other=other)
    return told


def _kept(value: object) -> object:
    if isinstance(value, PhrasedError):
        return value.phrase
    if value is None or isinstance(value, (Phrase, bool, int, float, str)):
        return value
    return int(value) if isinstance(value, Integral) else format(value)


class PhrasedError(Exception):
    """An error that is told in a phrase.

    Args:
        template: see Phrase; or a Phrase.
        values: what fills its places. An error of this kind fills one with its own phrase.

    Attributes:
        phrase: what came, what is allowed and what to do.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(Phrase(template, **values))

    @property
    def phrase(self) -> Phrase:
        """What is told."""
        return self.args[0]


class Refusal(PhrasedError, ValueError):
    """Bad input: what came, what is allowed and what to do."""
