"""What one gradient step looks at."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from ...core import Level


class Batch(NamedTuple):
    """The draws of one step (algorithm 1, lines 2 to 4), and what they stand for in the schedule.

    Attributes:
        x_0: (B,C,H,W) float32.
        t: 1…T, (B,) int64.
        eps: (B,C,H,W) float32.
        label: (B,) int64; the null class where the label was dropped; None where there are no classes.
        index: which of the training pictures x_0 are, (B,) int64.
        at: √ᾱ_t and √(1 − ᾱ_t), (B,1,1,1) each.
        weight: what each error counts for, (B,) float32.
        rows: (B,…) tensors that a learned variance needs; None where it is not learned.
    """

    x_0: torch.Tensor
    t: torch.Tensor
    eps: torch.Tensor
    label: torch.Tensor | None
    index: torch.Tensor
    at: Level
    weight: torch.Tensor
    rows: Any = None

    def part(self, own: slice) -> "Batch":
        """The pictures in a slice of it."""
        return _changed(self, lambda tensor: tensor[own])

    def to(self, device: torch.device) -> "Batch":
        """The same on a device; a card gets it from pinned memory, which nobody waits for."""

        def sent(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)

        return _changed(self, sent)


def _changed(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """A record of tensors, and of records of them, with each tensor changed; what is None stays so."""
    if value is None:
        return None
    return (
        change(value) if isinstance(value, torch.Tensor) else type(value)(*(_changed(each, change) for each in value))
    )
