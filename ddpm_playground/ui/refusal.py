"""What came, what is allowed and what to do, in the reader's language.

The core and the lab speak English and know nothing of pages. Their sentences are f-strings; refusals/<language>.json
holds a translation of each, under the sentence with {0}, {1}, … in its places. tests/test_text.py reads the sentences
from the source, so that none can be added, changed or removed without its translation.
"""

import json
import re
from functools import cache
from pathlib import Path

from .language import LANGUAGES, spoken

PLACE = re.compile(r"\{\d+\}")


@cache
def translations(language: str) -> dict[str, str]:
    """Every sentence of refusals/<language>.json, English → that language; none for the first of LANGUAGES."""
    if language == LANGUAGES[0]:
        return {}
    return json.loads((Path(__file__).parent / "refusals" / f"{language}.json").read_text(encoding="utf-8"))


def refusal(error: object, language: str | None = None) -> str:
    """The sentence of an error, a reason or a note in a language; as it is where it has no translation.

    Args:
        error: an exception or its sentence. What fills its places may be such a sentence too.
        language: one of LANGUAGES; None for that of the request.
    """
    sentence, language = str(error), language or spoken()
    for pattern, translation in _patterns(language):
        match = pattern.fullmatch(sentence)
        if match:
            return translation.format(*(refusal(value, language) for value in match.groups()))
    return sentence


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The table as patterns, those that say most of their own first, so that the closest is taken."""
    found = sorted(translations(language).items(), key=lambda pair: -len(PLACE.sub("", pair[0])))
    return [
        (re.compile("(.*?)".join(re.escape(part) for part in PLACE.split(sentence)), re.DOTALL), translation)
        for sentence, translation in found
    ]
