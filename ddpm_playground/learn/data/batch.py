"""What one gradient step looks at."""

from typing import NamedTuple

import torch

from ...core import Level


class Batch(NamedTuple):
    """The draws of one step (algorithm 1, lines 2 to 4), and what they stand for in the schedule.

    Attributes:
        x_0: (B,C,H,W) float32.
        t: 1…T, (B,) int64.
        eps: (B,C,H,W) float32.
        label: (B,) int64; the null class where the label was dropped.
        index: which of the training pictures x_0 are, (B,) int64.
        at: √ᾱ_t and √(1 − ᾱ_t), (B,1,1,1) each.
        weight: what each error counts for, (B,) float32.
    """

    x_0: torch.Tensor
    t: torch.Tensor
    eps: torch.Tensor
    label: torch.Tensor
    index: torch.Tensor
    at: Level
    weight: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on a device; a card gets it from pinned memory, which nobody waits for."""

        def sent(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)

        x_0, t, eps, label, index, at, weight = self
        return Batch(sent(x_0), sent(t), sent(eps), sent(label), sent(index), Level(*map(sent, at)), sent(weight))
