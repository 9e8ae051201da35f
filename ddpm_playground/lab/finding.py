"""A finding: what is wrong with a schedule, where, how badly, and what to do."""

from dataclasses import dataclass

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
    """

    code: str
    severity: str
    where: tuple[int, int] | None
    message: str
    fix: str
    reference: str


def found(
    key: str, severity: str, where: tuple[int, int] | int | None, language: str = "en", **values: object
) -> Finding:
    """The finding that a key of the wording stands for.

    Args:
        key: the code, or code/variant where one code has several texts.
        severity: one of SEVERITIES.
        where: t, or first and last t, or None.
        language: of the texts.
        **values: what the text's places are filled with; numbers get four digits.
    """
    assert severity in SEVERITIES
    shown = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in values.items()}
    message, fix = (text.format(**shown) for text in WORDING[language][key])
    span = (where, where) if isinstance(where, int) else where
    return Finding(key.partition("/")[0], severity, span, message, fix, REFERENCES[key])
