"""How ε_θ goes to the exact ε of the few points that it is trained on: memorising, as the perfect predictor does it."""

from typing import NamedTuple

import numpy as np
import torch

from ...core import EpsPredictor, ExactEps, Schedule, q_sample, stream_seed
from ..judging.neighbours import nearest, percentiles

DRAWS = 96  # noises at each level
MOST_LEVELS = 20


class Memory(NamedTuple):
    """ε_θ beside ε*, the exact ε of the points that are trained on, at L levels; errors are means over coordinates.

    Attributes:
        t: the levels, (L,) int64.
        distance: mean of ‖ε_θ − ε*‖² at x_t of the training points, (L,).
        train: mean of ‖ε − ε_θ‖² at x_t of the training points, all levels together.
        held: the same at x_t of points that were held out.
        exact_train: what ε* has at x_t of the training points; no predictor has less of them.
        exact_held: what ε* has at x_t of the held-out ones.
        percentile: of the median sample's distance to the nearest training point among those of the held-out points:
            50 for samples as new as these are, 0 for copies.
    """

    t: torch.Tensor
    distance: torch.Tensor
    train: float
    held: float
    exact_train: float
    exact_held: float
    percentile: float


def levels_of(T: int) -> torch.Tensor:
    """The middles of MOST_LEVELS equal parts of 1…T, or all t where these are no more, (L,) int64."""
    return ((torch.arange(MOST_LEVELS, dtype=torch.float64) + 0.5) * T / MOST_LEVELS).long().add(1).unique()


class MemoryProbe:
    """Measures a Memory; always with the same points and noises, so that only the network changes.

    Args:
        points: what is trained on, (N,2).
        held: other draws of the same distribution, (M,2).
        seed: of the noises.
    """

    def __init__(self, points: torch.Tensor, held: torch.Tensor, seed: int) -> None:
        self.points, self.held, self.seed = points, held, seed
        self.reference = nearest(held, points).distance
        self._of: Schedule | None = None

    def _prepare(self, schedule: Schedule) -> None:
        """x_t of both sets and ε* there, which stay as long as the schedule does."""
        generator = torch.Generator().manual_seed(stream_seed(self.seed, "memory"))
        levels = levels_of(schedule.T)
        self.levels, self.t = levels, levels.repeat_interleave(DRAWS)
        self.eps = torch.randn(len(self.t), 2, generator=generator)
        self.x_t, self.exact = [], []
        predict = ExactEps(schedule, self.points)
        for part in (self.points, self.held):
            x_0 = part[torch.randint(0, len(part), (len(self.t),), generator=generator)]
            self.x_t.append(q_sample(schedule, x_0, self.t, self.eps))
            self.exact.append(predict(self.x_t[-1], self.t).eps_hat)
        self._of = schedule

    def __call__(self, predict: EpsPredictor, schedule: Schedule, samples: torch.Tensor) -> Memory:
        """What a predictor and its samples (N,2) have kept of the points."""
        if self._of is not schedule:
            self._prepare(schedule)
        said = [predict(x_t, self.t).eps_hat for x_t in self.x_t]
        errors = [float((eps_hat - self.eps).square().mean()) for eps_hat in (*said, *self.exact)]
        distance = (said[0] - self.exact[0]).square().mean(1).view(len(self.levels), DRAWS).mean(1)
        near = percentiles(nearest(samples, self.points).distance, self.reference)
        return Memory(self.levels, distance, *errors, percentile=float(np.median(near)))
