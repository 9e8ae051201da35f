"""Noise levels by timestep: which t has the level that a step led to."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..core import Schedule, schedule_from_betas
from ..core.schedule import betas_from_alpha_bars


@dataclass(frozen=True, eq=False)
class NoiseLevels:
    """Timesteps by rising noise, from clean data (level 0) on: where a noise level stands among them.

    Attributes:
        timesteps: of each level, diffusers' own; that of level 0 only serves to interpolate between it and level 1.
        sigmas: σ = 1/√SNR of each level, not falling, 0 at level 0.
    """

    timesteps: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def of_table(cls, schedule: Schedule) -> "NoiseLevels":
        """All t of a schedule."""
        sigmas = torch.exp(-0.5 * schedule.log_snr).tolist()
        return cls(tuple(range(-1, schedule.T)), tuple(sigmas))

    @classmethod
    def of_visits(cls, timesteps: Sequence[float], log_snrs: Sequence[float]) -> "NoiseLevels":
        """The visited t alone."""
        known = sorted({(math.exp(-0.5 * log_snr), t) for t, log_snr in zip(timesteps, log_snrs, strict=True)})
        known = [level for level in known if level[0] > 0]
        end = known[0][1] if known else 0.0
        return cls((end, *(t for _, t in known)), (0.0, *(sigma for sigma, _ in known)))

    def level_index(self, log_snr: float) -> float:
        """Where a level stands, linearly in σ between levels; whole when it is one of them to a thousandth."""
        sigma, last = math.exp(min(-0.5 * log_snr, 700.0)), len(self.sigmas) - 1
        above = min(max(bisect.bisect_left(self.sigmas, sigma), 1), last)
        low, high = self.sigmas[above - 1], self.sigmas[above]
        # Towards σ = ∞ there is no share: what is above its level by more than rounding is taken for ∞.
        part = (sigma - low) / (high - low) if high > low and math.isfinite(high) else float(sigma > 1.001 * low)
        index = above - 1 + min(max(part, 0.0), 1.0)
        return round(index) if abs(index - round(index)) < 1e-3 else index

    def timestep(self, log_snr: float) -> float | None:
        """The timestep of a level; None for clean data."""
        index = self.level_index(log_snr)
        if log_snr == math.inf or index == 0:
            return None
        low = math.floor(index)
        if index == low:
            return self.timesteps[low]
        return self.timesteps[low] + (index - low) * (self.timesteps[low + 1] - self.timesteps[low])

    def same(self, output: float, wanted: float) -> bool:
        """Whether two log SNR are the same timestep's: the same level, or, between levels, nearest to it."""
        if output == wanted or abs(output - wanted) < 1e-6:
            return True
        if math.inf in (output, wanted):
            return False
        here, there = self.level_index(output), self.level_index(wanted)
        # Beside 1/2 a little, since schedulers round in log σ.
        return here == there if here == int(here) and there == int(there) else abs(here - there) < 0.6

    def log_snr(self, t: float, otherwise: float) -> float:
        """log SNR at t, where the levels are those of all t, linearly in σ between whole t.

        A t off the table has `otherwise`.
        """
        if not 0 <= t < len(self.sigmas) - 1:
            return otherwise
        low = math.floor(t) + 1
        sigma = self.sigmas[low]
        if t != low - 1:
            sigma += (t + 1 - low) * (self.sigmas[low + 1] - sigma)
        return -2.0 * math.log(sigma) if 0 < sigma < math.inf else math.copysign(math.inf, 1.0 - sigma)


def table_noise_levels(
    alphas_cumprod: Any, timesteps: Sequence[float], log_snrs: Sequence[float]
) -> NoiseLevels | None:
    """The noise levels of a scheduler's training table, where its x_t are of that table; else None.

    Args:
        alphas_cumprod: ᾱ_1…ᾱ_T, (T,), or whatever the scheduler has in its stead.
        timesteps: the visited t.
        log_snrs: of the x_t at each of them.
    """
    table = alphas_cumprod
    if not isinstance(table, torch.Tensor) or table.ndim != 1 or len(table) < 2:
        return None
    alpha_bars = torch.cat([torch.ones(1, dtype=torch.float64), table.double()])
    if not bool(((alpha_bars[1:] <= alpha_bars[:-1]) & (alpha_bars[1:] >= 0)).all()):
        return None
    levels = NoiseLevels.of_table(schedule_from_betas(betas_from_alpha_bars(alpha_bars)))
    inside = [(t, level) for t, level in zip(timesteps, log_snrs, strict=True) if 0 <= t <= len(table) - 1]
    # Half of them, since a scheduler may be wrong about some.
    near = sum(abs(levels.level_index(level) - (t + 1)) < 1 for t, level in inside)
    return levels if 2 * near > len(timesteps) else None
