"""Who is called with every step of a training: the progress bar, and what is done every so many minutes."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from tqdm import tqdm

from ...core.phrase import Refusal
from .algorithm_1 import all_finite, by_quarter
from .trainer import Trainer, TrainStep

LOOK_EVERY = 10  # steps between looks at the errors; in between, a card is not waited for


class Observer(Protocol):
    """Is called with every step of a training, once it is taken."""

    def __call__(self, step: TrainStep) -> None: ...


class Progress:
    """A line in the terminal: loss, also by quarter of t, and pictures a second; counts `trainer.seconds`.

    Raises, when it looks at the errors:
        ValueError: one of them is not finite.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.settings = trainer, trainer.settings
        self.recent: deque[TrainStep] = deque(maxlen=50)
        self.looked, self.since = trainer.step, time.monotonic()
        self.text = self.held_out_text = ""
        total, done = self.settings.steps, trainer.step
        self.bar = tqdm(total=total, initial=done, unit="step", file=sys.stderr, mininterval=2.0)

    def __call__(self, step: TrainStep) -> None:
        """Note a step; look at the errors every LOOK_EVERY steps, and after the last one."""
        self.recent.append(step)
        self.bar.update()
        if step.step % LOOK_EVERY == 0 or step.step == self.settings.steps:
            self.look()

    def look(self) -> None:
        """Read the errors of the last steps, which waits for a card that is still at them."""
        if self.looked == self.trainer.step:
            return
        per_step = [each.errors.cpu() for each in self.recent]
        for step, errors in zip((each.step for each in self.recent), per_step, strict=True):
            if not all_finite(errors):
                raise Refusal("the loss is not finite at step {step}; lower --learning-rate and resume", step=step)
        seconds = time.monotonic() - self.since
        self.trainer.seconds += seconds
        rate = self.settings.batch_size * (self.trainer.step - self.looked) / seconds
        t, loss = torch.cat([each.t for each in self.recent]), torch.cat(per_step)
        by_t = "/".join(f"{v:.3f}" for v in by_quarter(t, loss, self.settings.T))
        self.text = f"loss {loss.mean():.4f} by quarter of t {by_t}, {rate:.0f} images/s"
        self.bar.set_postfix_str(self.text + self.held_out_text, refresh=False)
        self.looked, self.since = self.trainer.step, time.monotonic()

    def held_out(self, loss: float) -> None:
        """Show the loss on held-out pictures, too."""
        self.held_out_text = f"; held-out loss {loss:.4f}"
        self.bar.set_postfix_str(self.text + self.held_out_text)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Enter with every error so far found finite; what is done inside does not count as training."""
        self.look()
        yield
        self.since = time.monotonic()


class NowAndThen:
    """Does something every so many minutes, between two steps.

    Args:
        minutes: that must have passed since it was done last; 0 for after every step.
        progress: is paused meanwhile.
        deed: what is done.
    """

    def __init__(self, minutes: float, progress: Progress, deed: Callable[[], None]) -> None:
        self.minutes, self.progress, self.deed = minutes, progress, deed
        self.last = time.monotonic()

    def __call__(self, step: TrainStep) -> None:
        """Do it if it is time."""
        now = time.monotonic()
        if now - self.last > self.minutes * 60:
            with self.progress.paused():
                self.deed()
            self.last = now
