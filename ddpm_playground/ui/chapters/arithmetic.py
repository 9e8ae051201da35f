"""Arithmetic that a reader can check: digits enough to find the result again, and no more than are known."""

import math
import re
from collections.abc import Callable

from .places import fill
from .show import tex

# More digits than that nobody types; what still differs then has lost its digits to cancellation.
MOST_DIGITS = 9
TIMES_TEN = re.compile(r"\\times10\^\{(-?\d+)\}")


def read(text: str) -> float:
    """The number that `tex` wrote."""
    return float(TIMES_TEN.sub(r"e\1", text))


def signed(text: str) -> str:
    """A number in TeX as it stands behind a sign or a dot: a negative one in parentheses."""
    return f"({text})" if text.startswith("-") else text


def worked(of: Callable[..., float], *values: float, digits: int = 4) -> list[str]:
    r"""The values in TeX and then of(*values), to `digits` digits; the values have as many as it takes.

    With the digits shown, a pocket calculator finds the last one of the result: 1 − 0.39642/0.40126 = 0.01206, and not
    1 − 0.3964/0.4013.

    Args:
        of: the calculation.
        values: what goes in, exactly.
        digits: significant ones of the result, and at least of the values; fewer where it has lost them.
    """
    exactly = of(*values)
    for fewer in range(digits, 0, -1):
        for more in range(digits, MOST_DIGITS + 1):
            shown = [tex(value, more) for value in values]
            if tex(of(*map(read, shown)), fewer) == tex(exactly, fewer):
                return [*shown, tex(exactly, fewer)]
    return [*(tex(value, MOST_DIGITS) for value in values), tex(exactly, 1)]


def decimals(error: float) -> int:
    """Places behind the point that an error of that size lets be known: those of its first two digits."""
    return 1 - math.floor(math.log10(error))


def known(value: float, error: float) -> float:
    """A value rounded to the places that its error lets be known."""
    return round(value, decimals(error)) if 0 < error < math.inf else value


def estimated(value: float, error: float) -> str:
    r"""An estimate and its error in TeX, 49.7\pm5.1 or (3.3\pm1.1)\times10^{-4}; alone where 6 digits are right."""
    if 0 < error < 5e-7 * abs(value):
        return tex(value, 6)
    if not (0 < error < math.inf and math.isfinite(value)):
        return tex(value)
    power = math.floor(math.log10(max(abs(value), error)))
    if -3 <= power < 5:
        places = max(0, decimals(error))
        return rf"{value:.{places}f}\pm{error:.{places}f}"
    unit = 10.0**power
    places = max(0, decimals(error / unit))
    mantissa, its_error = f"{value / unit:.{places}f}", f"{error / unit:.{places}f}"
    return fill(r"(<mantissa>\pm<error>)\times10^<power>", mantissa=mantissa, error=its_error, power=power)


def rough(value: float) -> str:
    """What rounding has left, in TeX: its size is known, and no digits of it."""
    return tex(value, 2)
