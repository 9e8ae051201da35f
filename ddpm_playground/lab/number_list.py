"""Numbers that are asked for one by one: the timesteps or σ of a sampling run."""

import math

from ..core.phrase import Refusal

MAX_COUNT = 1000


def parse_numbers(text: str, name: str) -> tuple[float, ...]:
    """Numbers parted by commas, semicolons or blanks, with brackets round them or without.

    Args:
        text: what was typed; blank for none.
        name: for what is said.

    Raises:
        ValueError: a word that is no finite number, or more than 1,000.
    """
    words = text.translate(str.maketrans(",;[]()", "      ")).split()
    if len(words) > MAX_COUNT:
        raise Refusal(
            "{name} must hold 1 to {most} numbers, got {got}; correct it",
            name=name,
            most=MAX_COUNT,
            got=f"{len(words):,}",
        )
    numbers = []
    for word in words:
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise Refusal(
                "{name} must be a list of numbers such as 999, 749, 499, got {got}; correct it",
                name=name,
                got=repr(word[:40]),
            )
        numbers.append(int(value) if value.is_integer() else value)
    return tuple(numbers)
