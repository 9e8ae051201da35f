"""What a network might have been trained to take: other pictures, another t, other classes than it is given here."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...core import Schedule
from ...core.phrase import Phrase

AS_SAID = Phrase("as its folder says")
# log SNR in nats, (B,) float64 → the t that the network is told, (B,), which may lie between whole numbers.
Clock = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Assumption:
    """A way to give a network pictures, noise levels and classes, and to take its answer.

    A picture x_0 in [−1, 1] becomes scale · x_0 + offset and meets its noise in the same proportion as before, so that
    the problem is as hard as before: the same picture, the same ε, the same signal-to-noise ratio. A network that was
    trained as one assumes does better so, and one that was not does worse.

    Attributes:
        told: the assumption in words.
        scale: of the pictures, not 0.
        offset: of the pictures.
        channels: which channel of the picture stands at each place; None for their own.
        labels: which class embedding is given for each class; None for its own.
        clock: which t is told; None for that of the schedule.
        prediction_type: what the network says; None for what its config says.
    """

    told: str = AS_SAID
    scale: float = 1.0
    offset: float = 0.0
    channels: tuple[int, ...] | None = None
    labels: tuple[int, ...] | None = None
    clock: Clock | None = None
    prediction_type: str | None = None

    def but(self, told: str, **changes: Any) -> "Assumption":
        """The same with something else assumed."""
        return replace(self, told=told, **changes)

    def level(self, log_snr: torch.Tensor) -> torch.Tensor:
        """The log SNR of x_0 of variance 1 at which scale · x_0 has the SNR that x_0 has at `log_snr`."""
        return log_snr - 2.0 * math.log(abs(self.scale))


def clock_of(schedule: Schedule) -> Clock:
    """The t at which a schedule has a log SNR: between two t's in proportion, and exactly t at its own."""
    table = schedule.log_snr[1:]
    rising = torch.flip(torch.cummin(table, 0).values.nan_to_num(posinf=1e3, neginf=-1e3), [0])

    def told(log_snr: torch.Tensor) -> torch.Tensor:
        right = torch.searchsorted(rising, log_snr.contiguous()).clamp(1, len(rising) - 1)
        low, high = rising[right - 1], rising[right]
        share = ((log_snr - low) / (high - low).clamp_min(1e-12)).clamp(0.0, 1.0)
        return len(rising) - (right - 1 + share)

    return told


def through(points: torch.Tensor, told: torch.Tensor) -> Clock:
    """The t told at some log SNRs (K,), rising, and in proportion between them; constant beyond."""

    def clock(log_snr: torch.Tensor) -> torch.Tensor:
        right = torch.searchsorted(points, log_snr.contiguous()).clamp(1, len(points) - 1)
        low, high = points[right - 1], points[right]
        share = ((log_snr - low) / (high - low).clamp_min(1e-12)).clamp(0.0, 1.0)
        return told[right - 1] + share * (told[right] - told[right - 1])

    return clock
