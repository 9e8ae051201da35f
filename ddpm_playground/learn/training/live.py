"""Algorithm 1 while one watches: a run in a thread of its own that can be paused, stepped, changed and stopped."""

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn

from ...core import Schedule
from ...core.checks import whole_number
from ...core.phrase import Refusal
from ...core.plain_words import reason_of
from .algorithm_1 import algorithm_1_error, all_finite, draw_noise, gradient_step
from .averaging import AveragedWeights
from .live_tasks import Task, View
from .own_threads import set_threads_here

BINS = 20  # of t, for the loss by t
CURVE = 240  # points of the loss curve that are handed out
MAX_SECONDS = 1800.0
SMOOTHED_STEPS = 50
EMA_DECAY = 0.995
CLIP_NORM = 1.0
MAX_LEARNING_RATE = 0.1
MAX_STEPS = 100_000
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
        probes: (step, loss of held-out points) of each look at it, where something was held out.
        view: what the averaged network did when it was last looked at.
        viewed: the step of that view.
    """

    state: State = "paused"
    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    by_t: torch.Tensor = field(default_factory=lambda: torch.full((BINS,), torch.nan))
    probes: list[tuple[int, float]] = field(default_factory=list)
    view: View | None = None
    viewed: int = 0
    problem: str = ""

    def keep_probe(self, held: float) -> None:
        """Note a loss of held-out points; of more than CURVE every second one is dropped."""
        while self.probes and self.probes[-1][0] >= self.viewed:  # the same step, looked at again
            self.probes.pop()
        self.probes = [*(self.probes if len(self.probes) < CURVE else self.probes[::2]), (self.viewed, held)]

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
        self.until: int | None = None
        self.progress = Progress()
        self.network = task.network
        self.averages = AveragedWeights(self.network, EMA_DECAY, warm_up=False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), learning_rate, foreach=True)
        self.set_learning_rate(learning_rate)
        self._generator = torch.Generator().manual_seed(seed)
        self._changed = threading.Condition()
        self._running, self._single, self._stop, self._look = False, 0, False, True
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    # --- what the reader does
    def set_steps(self, count: int) -> None:
        """End at another step; where that lies ahead, a run that has come to its end can go on.

        Raises:
            ValueError: less than 1.
        """
        whole_number("the number of steps", count, 1, MAX_STEPS, "move its slider")
        with self._changed:
            self.task.max_steps, self._look = count, True
            self._changed.notify_all()

    def resume(self, until: int | None = None) -> None:
        """Go on until told otherwise, or pause by itself at step `until`."""
        self.until = until
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
        whole_number("t", t, 1, self.schedule.T, "move it")
        with self._changed:
            self.shown_t, self._look = t, True
            self._changed.notify_all()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Of the next steps.

        Raises:
            ValueError: not in (0, MAX_LEARNING_RATE].
        """
        if not 0 < learning_rate <= MAX_LEARNING_RATE:
            raise Refusal(
                "the learning rate must be in (0, {most}], got {got}; lower it",
                most=f"{MAX_LEARNING_RATE:g}",
                got=learning_rate,
            )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate

    def set_schedule(self, schedule: Schedule) -> None:
        """Go on under other β_t; the network keeps what it has learned and meets other noise at each t.

        Raises:
            ValueError: another T.
        """
        if schedule.T != self.schedule.T:
            raise Refusal(
                "T must stay {T}, got {got}; reset to train with another T", T=self.schedule.T, got=schedule.T
            )
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
            set_threads_here(self.task.threads)
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
                    single, look = self._single > 0, self._look
                    self._single, self._look = 0, False
                    limit = progress.step >= self.task.max_steps or progress.seconds >= MAX_SECONDS
                    rests = self.until is not None and progress.step >= self.until
                    self._running = self._running and not limit and not rests
                    progress.state = "limit" if limit else "running" if self._running else "paused"
                train = self._running or single
                if train and not limit:
                    began = time.monotonic()
                    self._advance()
                    progress.seconds += time.monotonic() - began
                ended = limit and progress.viewed != progress.step  # the last view is of the last step
                due = time.monotonic() - looked > self.task.view_seconds
                if look or due or ended or (train and not self._running and self.task.view_seconds < 1.0):
                    progress.view = self.task.view(self.network_now(), self.schedule, self.shown_t)
                    progress.viewed, looked = progress.step, time.monotonic()
                    if progress.view.memory is not None:
                        progress.keep_probe(progress.view.memory.held)
        except Exception as error:  # whatever it is, who watches must hear of it
            progress.state, progress.problem = "failed", reason_of(error)

    def _advance(self) -> None:
        """One gradient step of Algorithm 1, lines 2 to 5 (Ho et al. 2020)."""
        batch = draw_noise(*self.task.draw(self._generator), self.schedule.T, self._generator)
        errors = algorithm_1_error(self.network, self.schedule, *batch)
        if not all_finite(errors):
            raise Refusal(
                "the loss is not finite at step {step}; reset with a lower learning rate", step=self.progress.step
            )
        gradient_step(list(self.network.parameters()), [self.optimizer], errors, CLIP_NORM)
        self.averages.update()
        self._note(batch.t, errors.detach())

    def _note(self, t: torch.Tensor, errors: torch.Tensor) -> None:
        progress = self.progress
        place = (t - 1) * BINS // self.schedule.T
        count = torch.zeros(BINS).index_add_(0, place, torch.ones(len(t)))
        mean = torch.zeros(BINS).index_add_(0, place, errors) / count
        by_t = torch.where(torch.isnan(progress.by_t), mean, progress.by_t + (mean - progress.by_t) / SMOOTHED_STEPS)
        progress.by_t = torch.where(count > 0, by_t, progress.by_t)
        progress.losses.append(float(errors.mean()))
        progress.step += 1  # last: whoever reads in between finds what it counts

    def network_now(self) -> nn.Module:
        """A copy of the averaged network as it stands."""
        return self.averages.copied()
