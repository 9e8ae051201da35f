"""A few t of a schedule: evenly in log SNR, and those where one step changes it most."""

from dataclasses import dataclass

import torch

from ...core import Schedule, same_noise_t
from ...core.phrase import Refusal

MOST_LOG_SNR = 10.0  # in nats; beyond, x_t is noise or picture to a part in 20,000
# Where errors say how much was learned: with more noise a network that counts errors of ε equally comes late to beat a
# linear filter, and beyond NOISY the best filter is nearly linear; with less noise there is nothing to see.
JUDGED, NOISY = (0.0, 8.0), (-4.0, 0.0)
CLEANEST = -4.0  # below this log SNR, there is little in x_t that a wrong t could spoil


@dataclass(frozen=True, eq=False)
class SnrLevels:
    """Some t of a schedule, the least noise first.

    Attributes:
        t: (K,) int64, each in 1…T, rising.
        log_snr: in nats, (K,) float64.
        quarter: which quarter of the log SNR each lies in, (K,) int64 in 0…3, the cleanest 0.
    """

    t: torch.Tensor
    log_snr: torch.Tensor
    quarter: torch.Tensor

    def __len__(self) -> int:
        return len(self.t)

    @property
    def judged(self) -> torch.Tensor:
        """Which of them say how much a network has learned, (K,) bool; all where none lies in JUDGED."""
        inside = self.between(*JUDGED)
        return inside if bool(inside.any()) else torch.ones_like(inside)

    def between(self, low: float, high: float) -> torch.Tensor:
        """Which of them have a log SNR from `low` to `high`, (K,) bool."""
        return (self.log_snr >= low) & (self.log_snr <= high)

    @classmethod
    def of(cls, schedule: Schedule, t: list[int]) -> "SnrLevels":
        """These t of a schedule."""
        rising = torch.tensor(sorted(set(t)))
        log_snr = schedule.log_snr[rising]
        low, high = span(schedule)
        quarter = ((high - log_snr) / max(high - low, 1e-9) * 4).long().clamp(0, 3)
        return cls(rising, log_snr, quarter)


def span(schedule: Schedule) -> tuple[float, float]:
    """The lowest and the highest log SNR of a schedule within ±MOST_LOG_SNR, in nats.

    Raises:
        ValueError: it has none there.
    """
    inside = schedule.log_snr[1:]
    inside = inside[inside.abs() <= MOST_LOG_SNR]
    if len(inside) < 2:
        raise Refusal(
            "the schedule has fewer than 2 t whose log SNR is within ±{most}, so there is nothing to measure; "
            "correct its β_t",
            most=MOST_LOG_SNR,
        )
    return float(inside.min()), float(inside.max())


def even_levels(schedule: Schedule, count: int) -> SnrLevels:
    """The t nearest to the middles of `count` equal parts of the log SNR; fewer where two parts share one."""
    low, high = span(schedule)
    wanted = high - (torch.arange(count, dtype=torch.float64) + 0.5) / count * (high - low)
    return SnrLevels.of(schedule, [same_noise_t(schedule, float(value.sigmoid())) for value in wanted])


def steep_levels(schedule: Schedule, count: int) -> SnrLevels:
    """The t of 2…T−1, not at the noisy end, where one step changes the log SNR most: there a wrong t hurts."""
    log_snr, T = schedule.log_snr, schedule.T
    inside = [t for t in range(2, T) if CLEANEST <= float(log_snr[t]) <= MOST_LOG_SNR]
    steepest = sorted(inside, key=lambda t: float(log_snr[t + 1] - log_snr[t - 1]))[:count]
    return SnrLevels.of(schedule, steepest or [1])


def joined(schedule: Schedule, *parts: SnrLevels) -> SnrLevels:
    """All of their t."""
    return SnrLevels.of(schedule, [int(t) for part in parts for t in part.t])
