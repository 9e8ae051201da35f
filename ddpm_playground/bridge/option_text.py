"""Options of a scheduler class as one types them, and as an address has them."""

import math
from collections.abc import Sequence
from typing import Any

from ..core.checks import quoted
from ..core.json_text import NoJSON, parse_json
from ..core.phrase import Refusal

PYTHON_WORDS = {"True": True, "False": False, "None": None}


def written_options(text: str) -> tuple[tuple[str, Any], ...]:
    """Options as an address has them, "use_karras_sigmas:true,eta:0.5": their names and values.

    Raises:
        ValueError: no `:`, or as `parse_options`.
    """
    pairs = []
    for part in filter(None, text.split(",")):
        key, colon, value = part.partition(":")
        if not colon or not key:
            raise Refusal("options must be key:value, separated by commas, got {got}; write them so", got=quoted(part))
        pairs.append(f"{key}={value}")
    return tuple(parse_options(pairs).items())


def as_set(text: str) -> str:
    """Options of an address in the words of `sample --set`: "use_karras_sigmas=true, eta=0.5"."""
    return ", ".join(part.replace(":", "=", 1) for part in text.split(",") if part)


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
