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
class Ladder:
    """Timesteps by rising noise, from clean data (rung 0) on: where a noise level stands among them.

    Attributes:
        timesteps: of each rung, diffusers' own; that of rung 0 only serves to reckon between it and rung 1.
        sigmas: σ = 1/√SNR of each rung, not falling, 0 on rung 0.
    """

    timesteps: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def of_table(cls, schedule: Schedule) -> "Ladder":
        """All t of a schedule."""
        sigmas = torch.exp(-0.5 * schedule.log_snr).tolist()
        return cls(tuple(range(-1, schedule.T)), tuple(sigmas))

    @classmethod
    def of_visits(cls, timesteps: Sequence[float], log_snrs: Sequence[float]) -> "Ladder":
        """The visited t alone."""
        rungs = sorted({(math.exp(-0.5 * log_snr), t) for t, log_snr in zip(timesteps, log_snrs, strict=True)})
        rungs = [rung for rung in rungs if rung[0] > 0]
        end = rungs[0][1] if rungs else 0.0
        return cls((end, *(t for _, t in rungs)), (0.0, *(sigma for sigma, _ in rungs)))

    def rung(self, log_snr: float) -> float:
        """Where a level stands, linearly in σ between rungs; whole when it is on one to a thousandth."""
        sigma, last = math.exp(min(-0.5 * log_snr, 700.0)), len(self.sigmas) - 1
        above = min(max(bisect.bisect_left(self.sigmas, sigma), 1), last)
        low, high = self.sigmas[above - 1], self.sigmas[above]
        part = (sigma - low) / (high - low) if high > low and math.isfinite(high) else float(sigma > low)
        rung = above - 1 + min(max(part, 0.0), 1.0)
        return round(rung) if abs(rung - round(rung)) < 1e-3 else rung

    def timestep(self, log_snr: float) -> float | None:
        """The timestep of a level; None for clean data."""
        rung = self.rung(log_snr)
        if log_snr == math.inf or rung == 0:
            return None
        low = math.floor(rung)
        if rung == low:
            return self.timesteps[low]
        return self.timesteps[low] + (rung - low) * (self.timesteps[low + 1] - self.timesteps[low])

    def same(self, landed: float, wanted: float) -> bool:
        """Whether two log SNR are the same timestep's: the same rung, or, between rungs, nearest to it."""
        if landed == wanted or abs(landed - wanted) < 1e-6:
            return True
        if math.inf in (landed, wanted):
            return False
        here, there = self.rung(landed), self.rung(wanted)
        # Beside 1/2 a little, since schedulers round in log σ.
        return here == there if here == int(here) and there == int(there) else abs(here - there) < 0.6

    def log_snr(self, t: float, otherwise: float) -> float:
        """log SNR at t of a ladder of all t, linearly in σ between whole ones; `otherwise` for a t off the table."""
        if not 0 <= t < len(self.sigmas) - 1:
            return otherwise
        low = math.floor(t) + 1
        sigma = self.sigmas[low]
        if t != low - 1:
            sigma += (t + 1 - low) * (self.sigmas[low + 1] - sigma)
        return -2.0 * math.log(sigma) if 0 < sigma < math.inf else math.copysign(math.inf, 1.0 - sigma)


def table_ladder(alphas_cumprod: Any, timesteps: Sequence[float], log_snrs: Sequence[float]) -> Ladder | None:
    """The ladder of a scheduler's training table, where its x_t are of that table; else None.

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
    ladder = Ladder.of_table(schedule_from_betas(betas_from_alpha_bars(alpha_bars)))
    inside = [(t, level) for t, level in zip(timesteps, log_snrs, strict=True) if 0 <= t <= len(table) - 1]
    # Half of them, since a scheduler may be wrong about some.
    near = sum(abs(ladder.rung(level) - (t + 1)) < 1 for t, level in inside)
    return ladder if 2 * near > len(timesteps) else None
