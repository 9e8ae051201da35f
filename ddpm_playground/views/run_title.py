"""What a run is called on its films: what made it, in one line."""

from __future__ import annotations

from collections.abc import Sequence


def told_class(class_names: Sequence[str], label: str) -> str:
    """The class that a network is told: its name, "all" or "none"; "" for a network that knows no classes."""
    if not class_names:
        return ""
    return class_names[int(label)] if label.isdecimal() else label


def run_title(
    checkpoint: str, label: str, sampler: str, steps: int, guidance: float, seed: int, options: str = ""
) -> str:
    """One line such as "mnist · class 7 · ddpm, S = 200 · W = 1 · seed 0".

    Args:
        checkpoint: name of the network.
        label: see `told_class`.
        sampler: its name.
        steps: S, how many steps the chain takes.
        guidance: W; left out where the network is told no class.
        options: what its sampler is told besides, as "eta=0.5".
        seed: of x_T and every z.
    """
    told = {"": "", "all": "all classes", "none": "no class"}.get(label, f"class {label}")
    parts = (checkpoint, told, f"{sampler}, S = {steps}", options, "" if label in ("", "none") else f"W = {guidance:g}")
    return " · ".join([*filter(None, parts), f"seed {seed}"])
