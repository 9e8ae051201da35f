"""Algorithm 1 while one watches: a run in a thread of its own that can be paused, stepped, changed and stopped."""

import copy
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..core import Schedule
from .algorithm_1 import algorithm_1_error, draw_t
from .own_threads import take_threads
from .tasks import Task, View

BINS = 20  # of t, for the loss by t
CURVE = 240  # points of the loss curve that are handed out
MAX_SECONDS = 1800.0
SMOOTHED_STEPS = 50
EMA_DECAY = 0.995
MAX_LEARNING_RATE = 0.1
NICE = 5

State = Literal["running", "paused", "limit", "failed", "stopped"]


@dataclass(eq=False)
class Progress:
    """How far a run is.

    Attributes:
        state: what it does; "limit" has come to its end, "failed" says why in `problem`.
        step: gradient steps done.
        seconds: spent on them.
        losses: mean error of every step.
        by_t: mean error in each of BINS stretches of 1…T, lowest first, of the last steps; NaN where there is none yet.
        view: what the averaged network did when it was last looked at.
        viewed: the step of that view.
    """

    state: State = "paused"
    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    by_t: torch.Tensor = field(default_factory=lambda: torch.full((BINS,), torch.nan))
    view: View | None = None
    viewed: int = 0
    problem: str = ""

    def curve(self) -> list[tuple[int, float, float]]:
        """The loss so far as at most CURVE points: (step, mean of the steps since the last point, smoothed)."""
        losses = self.losses[: self.step]
        stride = max(1, -(-len(losses) // CURVE))
        points, smooth = [], 0.0
        for start in range(0, len(losses), stride):
            part = losses[start : start + stride]
            for k, loss in enumerate(part, start + 1):
                smooth += (loss - smooth) / min(k, SMOOTHED_STEPS)  # at first the mean of all
            points.append((start + len(part), sum(part) / len(part), smooth))
        return points


class LiveTraining:
    """One run. Every random number comes from its seed; what it shows is in `progress`.

    Args:
        task: what to train.
        schedule: β_1…β_T; may be changed later, with the same T.
        learning_rate: of Adam, in (0, MAX_LEARNING_RATE].
        seed: of batches, t and ε.
    """

    def __init__(self, task: Task, schedule: Schedule, learning_rate: float, seed: int) -> None:
        self.task, self.schedule, self.seed = task, schedule, seed
        self.shown_t = max(1, schedule.T // 4)
        self.progress = Progress()
        self.network = task.network
        self.averaged = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY))
        self.averaged.module.eval()
        self.optimizer = torch.optim.Adam(self.network.parameters(), learning_rate, foreach=True)
        self.set_learning_rate(learning_rate)
        self._generator = torch.Generator().manual_seed(seed)
        self._changed = threading.Condition()
        self._running, self._single, self._stop, self._look = False, 0, False, True
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    # --- what the reader does
    def resume(self) -> None:
        """Go on until told otherwise."""
        self._tell(running=True)

    def pause(self) -> None:
        """Stop after the step it is in, to go on later."""
        self._tell(running=False)

    def single_step(self) -> None:
        """One step, then pause."""
        self._tell(running=False, single=1)

    def stop(self) -> None:
        """End the run; returns at once."""
        self._tell(running=False, stop=True)

    def join(self, timeout_s: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def look_at(self, t: int) -> None:
        """Show the score field at t.

        Raises:
            ValueError: t outside 1…T.
        """
        if not 1 <= t <= self.schedule.T:
            raise ValueError(f"t must be in [1, {self.schedule.T}], got {t}; move t")
        with self._changed:
            self.shown_t, self._look = t, True
            self._changed.notify_all()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Of the next steps.

        Raises:
            ValueError: not in (0, MAX_LEARNING_RATE].
        """
        if not 0 < learning_rate <= MAX_LEARNING_RATE:
            raise ValueError(f"the learning rate must be in (0, {MAX_LEARNING_RATE:g}], got {learning_rate}; lower it")
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate

    def set_schedule(self, schedule: Schedule) -> None:
        """Go on under other β_t; the network keeps what it has learned and meets other noise at each t.

        Raises:
            ValueError: another T.
        """
        if schedule.T != self.schedule.T:
            raise ValueError(f"T must stay {self.schedule.T}, got {schedule.T}; reset to train with another T")
        with self._changed:
            self.schedule, self._look = schedule, True
            self._changed.notify_all()

    # --- the thread
    def _tell(self, *, running: bool, single: int = 0, stop: bool = False) -> None:
        with self._changed:
            self._running, self._single, self._stop = running, single, self._stop or stop
            self._changed.notify_all()

    def _work(self) -> None:
        progress, looked = self.progress, time.monotonic()
        if self.task.threads:
            take_threads(self.task.threads)
        if sys.platform == "linux":  # a thread has its own priority there: serving and drawing the page go first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            while True:
                with self._changed:
                    if not self._running and progress.state == "running":
                        progress.state = "paused"
                    self._changed.wait_for(lambda: self._running or self._single or self._stop or self._look)
                    if self._stop:
                        progress.state = "stopped"
                        return
                    train, look = self._running or self._single > 0, self._look
                    self._single, self._look = 0, False
                    limit = progress.step >= self.task.max_steps or progress.seconds >= MAX_SECONDS
                    self._running = self._running and not limit
                    progress.state = "limit" if limit else "running" if self._running else "paused"
                if train and not limit:
                    began = time.monotonic()
                    self._advance()
                    progress.seconds += time.monotonic() - began
                due = time.monotonic() - looked > self.task.view_seconds
                if look or due or (train and not self._running and self.task.view_seconds < 1.0):
                    progress.view = self.task.view(self.averaged.module, self.schedule, self.shown_t)
                    progress.viewed, looked = progress.step, time.monotonic()
        except ValueError as error:
            progress.state, progress.problem = "failed", str(error)

    def _advance(self) -> None:
        """One gradient step of Algorithm 1, lines 2 to 5 (Ho et al. 2020)."""
        x_0, label = self.task.draw(self._generator)
        t = draw_t(self.schedule.T, len(x_0), self._generator)
        eps = torch.randn(x_0.shape, generator=self._generator)
        errors = algorithm_1_error(self.network, self.schedule, x_0, t, eps, label)
        loss = errors.mean()
        if not bool(torch.isfinite(loss)):
            raise ValueError(f"the loss is not finite at step {self.progress.step}; reset with a lower learning rate")
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.averaged.update_parameters(self.network)
        self._note(t, errors.detach(), float(loss.detach()))

    def _note(self, t: torch.Tensor, errors: torch.Tensor, loss: float) -> None:
        progress = self.progress
        place = (t - 1) * BINS // self.schedule.T
        count = torch.zeros(BINS).index_add_(0, place, torch.ones(len(t)))
        mean = torch.zeros(BINS).index_add_(0, place, errors) / count
        by_t = torch.where(torch.isnan(progress.by_t), mean, progress.by_t + (mean - progress.by_t) / SMOOTHED_STEPS)
        progress.by_t = torch.where(count > 0, by_t, progress.by_t)
        progress.losses.append(loss)
        progress.step += 1  # last: whoever reads in between finds what it counts

    def network_now(self) -> nn.Module:
        """A copy of the averaged network as it stands."""
        return copy.deepcopy(self.averaged.module)
