"""A finding: what is wrong with a schedule, where, how badly, and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .said import in_language
from .wording import REFERENCES, WORDING

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor found.

    Attributes:
        code: what kind of thing, a key of doctor.EXAMINATIONS.
        severity: "error": the sampler gives wrong or non-finite numbers; "warning": known to hurt; "note": worth
            knowing.
        where: first and last t that it is about, 0…T; None for the whole.
        message: what was found, with its numbers.
        fix: what to do.
        reference: who says so.
        key: of the wording: the code, or code/variant.
        values: what the places of the wording are filled with.
    """

    code: str
    severity: str
    where: tuple[int, int] | None
    message: str
    fix: str
    reference: str
    key: str = field(default="", repr=False, compare=False)
    values: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    def in_language(self, language: str, say: Callable[[str], str] = str) -> "Finding":
        """The same, told in another language.

        Args:
            language: a key of wording.WORDING.
            say: how a word or an error that fills a place is said there, where the wording has no phrase for it.
        """
        message, fix = _told(language, self.key, self.values, say)
        return replace(self, message=message, fix=fix)

    def as_json(self) -> dict[str, Any]:
        """What a reader sees of it."""
        shown = ("code", "severity", "where", "message", "fix", "reference")
        return {name: getattr(self, name) for name in shown}


def found(key: str, severity: str, where: tuple[int, int] | int | None, **values: object) -> Finding:
    """The finding that a key of the wording stands for, told in English.

    Args:
        key: the code, or code/variant where one code has several texts.
        severity: one of SEVERITIES.
        where: t, or first and last t, or None.
        **values: what the text's places are filled with; numbers get four digits.
    """
    assert severity in SEVERITIES
    message, fix = _told("en", key, values)
    span = (where, where) if isinstance(where, int) else where
    return Finding(key.partition("/")[0], severity, span, message, fix, REFERENCES[key], key, values)


def _told(language: str, key: str, values: Mapping[str, object], say: Callable[[str], str] = str) -> tuple[str, str]:
    def shown(value: object) -> object:
        if isinstance(value, float):
            return f"{value:.4g}"
        return say(value) if type(value) is str else in_language(value, language)

    message, fix = WORDING[language][key]
    filling = {name: shown(value) for name, value in values.items()}
    return message.format(**filling), fix.format(**filling)
