"""What came, what is allowed and what to do, in the reader's language.

The core and the lab speak English and know nothing of pages: they make a Phrase of a template and of what fills its
places. refusals/<language>.json holds a translation of each template, under the template.
tests/ui/words/test_refusal.py reads the templates from the source, so that none can be added, changed or removed
without its translation.
"""

import json
from functools import cache
from pathlib import Path

from ...core.phrase import Phrase, PhrasedError
from .language import LANGUAGES, spoken


@cache
def translations(language: str) -> dict[str, str]:
    """Every template of refusals/<language>.json, English → that language; none for the first of LANGUAGES."""
    if language == LANGUAGES[0]:
        return {}
    return json.loads((Path(__file__).parent / "refusals" / f"{language}.json").read_text(encoding="utf-8"))


def refusal(told: object, language: str | None = None) -> str:
    """A phrase or an error in a language; as it is where that has no translation.

    Args:
        told: a Phrase, or an error or text, which stands for itself. What fills a phrase's places may be either.
        language: one of LANGUAGES; None for that of the request.
    """
    language = language or spoken()
    phrase = Phrase(told.phrase if isinstance(told, PhrasedError) else told if isinstance(told, str) else str(told))
    template = translations(language).get(phrase.template, phrase.template)
    if not phrase.values:
        return str(template)
    values = {name: refusal(one, language) if isinstance(one, str) else one for name, one in phrase.values.items()}
    return template.format(**values)
