"""Numbers too large or too small for a float, known by their logarithm."""

import math


def power_of_ten(log: float, digits: int = 4) -> str:
    """e^log in TeX with that many significant digits, such as 1.234\\times10^{-5678}; 0 for −∞."""
    if math.isinf(log) and log < 0:
        return "0"
    exponent = math.floor(log / math.log(10))
    mantissa = f"{10 ** (log / math.log(10) - exponent):.{digits - 1}f}"
    if mantissa.startswith("10"):
        mantissa, exponent = f"{1:.{digits - 1}f}", exponent + 1
    return rf"{mantissa}\times10^{{{exponent}}}"
