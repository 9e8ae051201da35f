"""How large x_t is along a network's own chain, beside q(x_t): exposure bias (Ning et al. 2023)."""

import math
from dataclasses import dataclass
from typing import Any

import torch

from ...core import Sampling, Schedule, SeededNoise, reverse, stream_seed, timestep_path
from .curves import Measured
from .patient import Patient

CHAINS, STEPS = 16, 50


@dataclass(frozen=True)
class ChainNorm:
    """‖x_t‖ at one t of the chain.

    Attributes:
        t: 1…T.
        log_snr: there, in nats.
        chain: root of the mean of x_t² along the chain, with its standard error over chains.
        forward: the same of q(x_t), for x_0 from the held-out pictures.
    """

    t: int
    log_snr: float
    chain: Measured
    forward: float

    @property
    def ratio(self) -> float:
        """chain / forward; 1 for a chain whose x_t are as large as those it was trained on."""
        return self.chain.value / self.forward

    def as_json(self) -> dict[str, Any]:
        """What a reader sees of it."""
        return {
            "t": self.t,
            "log_snr": self.log_snr,
            "chain": self.chain.as_json(),
            "forward": self.forward,
            "ratio": self.ratio,
        }


def chain_norms(patient: Patient, chains: int = CHAINS, steps: int = STEPS) -> tuple[ChainNorm, ...]:
    """Of `chains` chains of ddpm (σ² = β̃ or its own, trailing, x̂_0 clipped) from x_T ~ N(0, I), with the classes of the
    pictures.

    Returns:
        one for each t that the chain visits but T, falling.
    """
    checkpoint, seen = patient.checkpoint, patient.seen
    schedule, count = checkpoint.schedule, min(chains, len(seen))
    power = float(seen.x_0.double().square().mean())
    path = timestep_path(schedule.T, min(steps, schedule.T), "trailing")
    rows: dict[int, list[torch.Tensor]] = {t: [] for t in path[1:-1]}
    for who in torch.arange(count).split(patient.together):
        noise = SeededNoise(stream_seed(patient.seed, "clinic", "chain"), who.tolist(), seen.x_0.shape[1:],
                            checkpoint.device)  # fmt: skip
        label = seen.labels[who].to(checkpoint.device) if checkpoint.class_names else None
        for step in reverse(schedule, checkpoint.predictor(), noise(), path, noise, Sampling("ddpm"), label=label):
            patient.progress(len(who))
            if step.s > 0:
                rows[step.s].append(step.x_s.cpu().double().square().flatten(1).mean(1))
    return tuple(_norm(schedule, t, torch.cat(found), power) for t, found in rows.items())


def _norm(schedule: Schedule, t: int, squares: torch.Tensor, power: float) -> ChainNorm:
    mean, alpha_bar = Measured.of(squares), float(schedule.alpha_bars[t])
    root = math.sqrt(mean.value)
    chain = Measured(root, mean.standard_error / (2.0 * root))
    return ChainNorm(t, float(schedule.log_snr[t]), chain, math.sqrt(alpha_bar * power + 1.0 - alpha_bar))
