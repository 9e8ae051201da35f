"""All that a network may be trained to say, one after the other, on one clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...core import Schedule
from .one_clock import Clock, Told, training
from .predicted import PREDICTED

EXACT = "exact"
TOLD_EVERY = 20  # gradient steps


@dataclass(frozen=True, eq=False)
class Race:
    """The predictors that were trained, and what was measured of each.

    Attributes:
        clock: what measured them.
        told: by what is said, with EXACT for the exact ε of the points.
        done: gradient steps.
        of: how many it will be.
    """

    clock: Clock
    told: dict[str, Told]
    done: int
    of: int

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        clock = self.clock
        return {
            "t": clock.t.tolist(),
            "log_snr": clock.log_snr.tolist(),
            "steps": clock.steps,
            "energy_of_real": clock.between_real,
            "enough_at": clock.enough,
            "ddim_minus_flow_euler": clock.identity,
            "predicted": {
                name: {
                    "symbol": PREDICTED[name].symbol if name in PREDICTED else "ε*",
                    "eps_error": one.eps_error.tolist(),
                    "energy": one.energy,
                    "steps_enough": one.enough,
                    "straightness": one.straightness,
                    "spread_of_sde": one.spread,
                }
                for name, one in self.told.items()
            },
        }


def racing(
    points: torch.Tensor, held: torch.Tensor, schedule: Schedule, *, seed: int = 0, num_steps: int = 1500,
    batch_size: int = 256, width: int = 64,
) -> Iterator[Race]:  # fmt: skip
    """Trains one network for each of PREDICTED and measures them, the exact ε before them; yields how it stands.

    Args:
        points: what is trained on, (N,2).
        held: other points of the same distribution, see `Clock`.
        schedule: β_1…β_T.
        seed: of all draws.
        num_steps: gradient steps of each network.
        batch_size: points a step.
        width: of the hidden layers.

    Raises:
        ValueError: a loss that is not finite.
    """
    clock = Clock(points, held, schedule, seed)
    race = Race(clock, {}, 0, len(PREDICTED) * num_steps)
    yield race
    race = replace(race, told={EXACT: clock.told(clock.exact)})
    yield race
    for k, name in enumerate(PREDICTED):
        steps = training(
            name, points, schedule, seed=seed, num_steps=num_steps, batch_size=batch_size, width=width
        )  # fmt: skip
        while True:
            try:
                step = next(steps)
            except StopIteration as ended:
                race = replace(race, told=race.told | {name: clock.told(ended.value)}, done=(k + 1) * num_steps)
                yield race
                break
            if step % TOLD_EVERY == 0:
                yield replace(race, done=k * num_steps + step)
