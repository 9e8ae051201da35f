"""Options of a scheduler class as one types them."""

import math
from collections.abc import Sequence
from typing import Any

from ..core.phrase import Refusal
from .json_text import NoJSON, parse_json

PYTHON_WORDS = {"True": True, "False": False, "None": None}


def parse_options(given: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE pairs as a mapping; a VALUE that is not JSON is taken as a word, but for Python's True, False, None.

    Raises:
        ValueError: no `=`, a key given twice, or a NaN or Infinity.
    """
    options: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Refusal("an option must be KEY=VALUE, got {got}; write it so", got=repr(text))
        if key in options:
            raise Refusal("option {key} was given twice; give it once", key=key)
        try:
            options[key] = parse_json(value, f"the value of {key}")[0]
        except NoJSON:
            options[key] = PYTHON_WORDS.get(value, value)
        if isinstance(options[key], float) and not math.isfinite(options[key]):
            raise Refusal("option values must be finite, got {got}; give a number", got=value[:40])
    return options
