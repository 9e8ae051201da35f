"""What a small picture is multiplied by so that it can be seen."""

import math

import torch

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def gain_for(*pictures: torch.Tensor) -> float:
    """The largest of 1, 2 and 5 times a power of ten that keeps all of them within ±1; 1 where all are 0."""
    most = max(float(x.abs().max()) for x in pictures)
    if most == 0:
        return 1.0
    power = 10.0 ** math.floor(-math.log10(most))
    return power * max((k for k in (1, 2, 5) if k * power * most <= 1), default=1)


def gain_text(gain: float) -> str:
    """Such a gain in characters: 20, 2·10⁶."""
    if 1 <= gain < 1e4:
        return f"{gain:g}"
    digit, _, power = f"{gain:.0e}".partition("e")
    return f"{digit}·10{str(int(power)).translate(RAISED)}"
