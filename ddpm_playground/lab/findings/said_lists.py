"""How numbers stand in a finding."""

from collections.abc import Iterable


def paper_t(timestep: float) -> str:
    """A 0-based timestep of diffusers as the paper's t."""
    return f"{timestep + 1:g}"


def listed(numbers: Iterable[float]) -> str:
    """Numbers one after the other."""
    return ", ".join(f"{number:g}" for number in numbers)
