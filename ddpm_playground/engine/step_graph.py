"""One step of the reverse chain over buffers that stay where they are, captured once and replayed."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import torch

from ..core import (
    Coefficients,
    Level,
    LevelPredictor,
    Noise,
    Sampling,
    Schedule,
    Step,
    level,
    step_coefficients,
    take_step,
)
from .lane import Lane
from .prefetch import prefetch

# Steps that the device has before it when the host waits for one: it never runs dry, and memory stays bounded.
LEAD = 4
# Draws that are made before they are needed.
DRAWS_AHEAD = 8


def row_of(schedule: Schedule, sampling: Sampling, t: int, s: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """All that a step t → s knows beside x_t, label and z: t, its level, the sampler's coefficients; (7,)."""
    one = torch.ones(1, dtype=dtype)
    coefficients = step_coefficients(schedule, sampling.sampler, sampling.eta_or_w, t, s)
    return torch.cat([one.new_tensor([t]), *level(schedule, t, one), one.new_tensor(coefficients)])


def read_row(row: torch.Tensor) -> tuple[torch.Tensor, Level, Coefficients[torch.Tensor]]:
    """t, its level and the coefficients of a row, as () views; the host learns none of the numbers."""
    t, signal, noise, *coefficients = row.unbind()
    return t, Level(signal, noise), Coefficients(*coefficients)


class StepGraph:
    """A step of `core.reverse`, ε_θ, guidance, rule and noise, as one graph.

    Before each replay the step's row and draw are copied into place on the device; the step leaves x_s where the
    next one looks for x_t, and what it has to say in `outputs`, which is copied away before the next replay.

    Args:
        lane: where it runs.
        schedule: the noise schedule.
        predict: the ε-predictor; looks at no number on the host.
        shape: of x_t, (B,*D).
        dtype: of x_t.
        labelled: whether there are labels.
        clip_x_0: keep x̂_0 within [−1, 1].
        add_noise: False leaves σz out.
    """

    def __init__(
        self, lane: Lane, schedule: Schedule, predict: LevelPredictor, shape: Sequence[int], dtype: torch.dtype,
        labelled: bool, clip_x_0: bool, add_noise: bool,
    ) -> None:  # fmt: skip
        self.lane, self.schedule, self.predict = lane, schedule, predict
        self.clip_x_0, self.add_noise = clip_x_0, add_noise
        lane.follow()
        with lane.running():
            self.x, self.z = torch.zeros(2, *shape, dtype=dtype, device=lane.device).unbind()
            self.label = torch.zeros(shape[0], dtype=torch.int64, device=lane.device) if labelled else None
            # A row that divides by no zero while the graph is made.
            self.row = torch.ones(7, dtype=dtype, device=lane.device)
            self.outputs = torch.zeros(4, *shape, dtype=dtype, device=lane.device)
        self.replay = lane.captured(self._step)

    @torch.no_grad()
    def _step(self) -> None:
        """x_t → x_s in place; ε̂, x̂_0, the mean and x_s are left in `outputs`."""
        t, at, c = read_row(self.row)
        raw = self.predict(self.x, t.to(torch.int64).expand(len(self.x)), self.label, at)
        prediction, gaussian, x_s = take_step(
            self.schedule, self.x, at, raw, c, self.z if self.add_noise else None, self.clip_x_0
        )
        torch.stack((raw.eps_hat, prediction.x_hat_0, gaussian.mean, x_s), out=self.outputs)
        self.x.copy_(x_s)

    def walk(
        self,
        steps: Sequence[tuple[int, int]],
        x_T: torch.Tensor,
        label: torch.Tensor | None,
        noise: Noise,
        sampling: Sampling,
    ) -> Iterator[Step]:
        """The Steps (t, s), in order; a Step's tensors are on the device and nobody's but the caller's.

        The device is given the next LEAD steps before the host waits for one, and rows and draws are made in
        another thread, so neither waits for the other.
        """
        lane = self.lane
        jobs = (partial(lane.feed, partial(self._ingredients, noise, sampling, t, s)) for t, s in steps)
        lane.follow()
        start = lane.feed(lambda: (x_T, label))
        x, classes = start.tensors
        assert x is not None
        with lane.running(start):
            self.x.copy_(x)
            if self.label is not None and classes is not None:
                self.label.copy_(classes)
        launched: deque[tuple[Step, Any]] = deque()
        with closing(prefetch(jobs, DRAWS_AHEAD)) as feeds:
            for (t, s), fed in zip(steps, feeds, strict=True):
                row, z = fed.tensors
                assert row is not None
                with lane.running(fed):
                    self.row.copy_(row)
                    if z is not None:
                        self.z.copy_(z)
                    self.replay()
                    eps_hat, x_hat_0, mean, x_s = self.outputs.clone().unbind()
                    mark = lane.mark()
                _, _, c = read_row(row)
                launched.append((Step(t, s, x, eps_hat, x_hat_0, mean, c.variance, z, x_s), mark))
                x = x_s
                if len(launched) > LEAD:
                    yield self._handed(*launched.popleft())
            while launched:
                yield self._handed(*launched.popleft())

    def _ingredients(
        self, noise: Noise, sampling: Sampling, t: int, s: int
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Row and draw of a step; the one to 0 draws nothing, and its variance of 0 silences the last draw."""
        return row_of(self.schedule, sampling, t, s, self.x.dtype), noise() if s > 0 else None

    def _handed(self, step: Step, mark: Any) -> Step:
        """The step, once it is done."""
        self.lane.wait(mark, (step.x_t, step.eps_hat, step.variance, step.z))
        return step
