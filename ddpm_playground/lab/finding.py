"""A finding: what is wrong with a schedule, where, how badly, and what to do."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.phrase import Phrase, in_a_row
from .wording import IDLE, REFERENCES, REFERENCES_TOLD, WORDING

SEVERITIES = ("error", "warning", "note")
# What to do where the wording of a finding does not say it itself: with a patch that holds, and where none does.
PATCH = "{patch}."
NONE_HELD = "No change of this config that was tried cures it without another error or warning (tried: {tried})."


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
        patch: keys of the config that cure it, tried by the doctor; None as a value leaves the key out. None where
            there is nothing to change in a config, or nothing that was tried cures it.
        candidates: what might cure it, the likeliest first; the doctor tries them.
        idle: whether nothing need be done about it.
    """

    code: str
    severity: str
    where: tuple[int, int] | None
    message: str
    fix: str
    reference: str
    key: str = field(default="", repr=False, compare=False)
    values: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)
    patch: Mapping[str, Any] | None = None
    candidates: tuple[Mapping[str, Any], ...] = field(default=(), repr=False, compare=False)
    idle: bool = field(default=False, repr=False, compare=False)

    def in_language(self, language: str, say: Callable[[str], str]) -> "Finding":
        """The same, told in another language.

        Args:
            language: a key of wording.WORDING.
            say: how a word or a Phrase that fills a place is said there.
        """
        message, fix = _told(language, self.key, self.values, say)
        reference = REFERENCES_TOLD.get(language, str)(REFERENCES.get(self.key, self.reference))
        return replace(self, message=message, fix=fix, reference=reference)

    def as_json(self) -> dict[str, Any]:
        """What a reader sees of it."""
        shown = ("code", "severity", "where", "message", "fix", "reference")
        patch = None if self.patch is None else dict(self.patch)
        return {name: getattr(self, name) for name in shown} | {"patch": patch}

    def cured_by(self, patch: Mapping[str, Any]) -> "Finding":
        """The same with a patch that was tried and holds."""
        return self._refixed(patch, {"patch": patch_in_words(patch)})

    def uncured(self) -> "Finding":
        """The same, of whose candidates none holds."""
        tried = in_a_row([patch_in_words(candidate) for candidate in self.candidates], "{one}; {other}")
        return self._refixed(None, {"tried": tried})

    def _refixed(self, patch: Mapping[str, Any] | None, values: Mapping[str, object]) -> "Finding":
        values = {**self.values, **values}
        fix = _told("en", self.key, values)[1]
        return replace(self, patch=patch, values=values, fix=fix, idle=_is_idle(self.key, values))


def found(
    key: str,
    severity: str,
    where: tuple[int, int] | int | None,
    patches: Iterable[Mapping[str, Any]] = (),
    **values: object,
) -> Finding:
    """The finding that a key of the wording stands for, told in English.

    Args:
        key: the code, or code/variant where one code has several texts.
        severity: one of SEVERITIES.
        where: t, or first and last t, or None.
        patches: keys of the config that might cure it, the likeliest first.
        **values: what the text's places are filled with; numbers get four digits.
    """
    assert severity in SEVERITIES
    message, fix = _told("en", key, values)
    span = (where, where) if isinstance(where, int) else where
    tried = tuple(patches)
    return Finding(
        key.partition("/")[0], severity, span, message, fix, REFERENCES[key], key, values, None, tried, key in IDLE
    )


def patch_in_words(patch: Mapping[str, Any]) -> str:
    """What a patch changes: keys as JSON has them, and keys that are left out."""
    pairs = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in patch.items() if value is not None)
    dropped = ", ".join(key for key, value in patch.items() if value is None)
    if pairs and dropped:
        return Phrase("Set {pairs} and leave out {keys}", pairs=pairs, keys=dropped)
    return Phrase("Set {pairs}", pairs=pairs) if pairs else Phrase("Leave out {keys}", keys=dropped)


def _case(values: Mapping[str, object]) -> int:
    """Which fix of a wording is told: 0 without a patch, 1 with one, 2 where none that was tried holds."""
    return 2 if "tried" in values else 1 if "patch" in values else 0


def _is_idle(key: str, values: Mapping[str, object]) -> bool:
    return _case(values) < IDLE.get(key, 0)


def _told(language: str, key: str, values: Mapping[str, object], say: Callable[[str], str] = str) -> tuple[str, str]:
    def shown(value: object) -> object:
        if isinstance(value, float):
            return f"{value:.4g}"
        return say(value) if isinstance(value, str) else value

    message, *fixes = WORDING[language][key]
    case = _case(values)
    fix = fixes[case] if case < len(fixes) else say((PATCH, NONE_HELD)[case - 1])
    filling = {name: shown(value) for name, value in values.items()}
    return message.format(**filling), fix.format(**filling)
