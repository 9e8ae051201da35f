"""What a small picture is multiplied by so that it can be seen."""

import math

import torch


def gain_for(*pictures: torch.Tensor) -> float:
    """The largest power of ten that keeps all of them within ±1; 1 where there is nothing to see."""
    most = max(float(x.abs().max()) for x in pictures)
    return 10.0 ** math.floor(-math.log10(most)) if most > 0 else 1.0
