"""Sentences that remember what they were made of, so that a reader of another language can have them too."""

from collections.abc import Mapping

from .wording import PHRASES


class Said(str):
    """An English sentence or phrase, made by `said`.

    Attributes:
        key: of wording.PHRASES.
        values: what its places are filled with; they may be Said themselves.
    """

    key: str
    values: Mapping[str, object]


def said(key: str, /, **values: object) -> Said:
    """What a key of wording.PHRASES stands for, in English.

    Raises:
        KeyError: no such key.
    """
    sentence = Said(PHRASES["en"][key].format(**values))
    sentence.key, sentence.values = key, values
    return sentence


def in_language(value: object, language: str) -> object:
    """A Said in another language; anything else as it is."""
    if not isinstance(value, Said):
        return value
    values = {name: in_language(one, language) for name, one in value.values.items()}
    return PHRASES[language][value.key].format(**values)
