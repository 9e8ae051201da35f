"""Numbers too large or too small for a float, known by their logarithm."""

import math

from .arithmetic import estimated
from .places import fill


def power_of_ten(log: float, digits: int = 4) -> str:
    """e^log in TeX with that many significant digits, such as 1.234\\times10^{-5678}; 0 for −∞."""
    if math.isinf(log) and log < 0:
        return "0"
    exponent = math.floor(log / math.log(10))
    mantissa = f"{10 ** (log / math.log(10) - exponent):.{digits - 1}f}"
    if mantissa.startswith("10"):
        mantissa, exponent = f"{1:.{digits - 1}f}", exponent + 1
    return fill(r"<mantissa>\times10^<exponent>", mantissa=mantissa, exponent=exponent)


def estimated_power_of_ten(log: float, relative: float) -> str:
    r"""e^log with a standard error of `relative` times itself in TeX, (6.6\pm1.7)\times10^{156}; 0 for −∞."""
    if math.isinf(log) and log < 0:
        return "0"
    exponent = math.floor(log / math.log(10))
    mantissa = 10 ** (log / math.log(10) - exponent)
    shown = estimated(mantissa, relative * mantissa)
    return fill(r"(<mantissa>)\times10^<exponent>", mantissa=shown, exponent=exponent)
