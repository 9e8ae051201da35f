"""Algorithm 1 of Ho et al. (2020), one line at a time: a real network on real digits, every tensor kept to be seen."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from ..core import Schedule, make_schedule, stream_seed
from ..core.phrase import Refusal
from ..learn.data.pictures import Pictures, bundled_digits
from ..learn.networks.unet import make_network
from ..learn.training.algorithm_1 import (
    DrawnBatch,
    algorithm_1_error,
    all_finite,
    draw_noise,
    draw_t,
    drop_labels,
    errors_on,
    gradient_step,
    quarter_of,
)
from ..learn.training.settings import Settings
from ..run import shelf
from .remembered import remembered
from .shipped_network import CHECKPOINT

if TYPE_CHECKING:
    from diffusers import UNet2DModel

    Begin = Callable[[], tuple[UNet2DModel, Schedule]]

SEED = 0
BATCH = 8
HELD_OUT = 64
SMALL = (16, 32)
LABEL_DROPOUT = Settings().label_dropout
# Line 6: how often the held-out loss is measured, and for how long it may do without a gain (iterations).
EVERY, PATIENCE, MIN_GAIN = 5, 40, 0.01
# How many lines one request may run.
AHEAD = 60


@dataclass(eq=False)
class Iteration:
    """The tensors of one pass through the lines; None until their line has run.

    Attributes:
        x_0: line 2, (B,C,H,W).
        label: class of each picture, 10 % of them the null class, (B,).
        t: line 3, (B,).
        eps: line 4, (B,C,H,W).
        x_t: what line 5 shows the network.
        eps_theta: what the network says of it.
        eps_theta_after: the same once its weights have moved.
        before: error of each picture, (B,).
        after: the same once the weights have moved.
        gradient_norm: ‖∇_θ‖ of their mean.
    """

    x_0: torch.Tensor | None = None
    label: torch.Tensor | None = None
    t: torch.Tensor | None = None
    eps: torch.Tensor | None = None
    x_t: torch.Tensor | None = None
    eps_theta: torch.Tensor | None = None
    eps_theta_after: torch.Tensor | None = None
    before: torch.Tensor | None = None
    after: torch.Tensor | None = None
    gradient_norm: float | None = None


class RecordingNetwork:
    """A network that records its last input x_t and its last output ε_θ(x_t, t), (B,C,H,W) each, detached."""

    def __init__(self, network: Callable) -> None:
        self.network = network
        self.x_t = self.eps_theta = torch.empty(0)

    def __call__(self, x_t: torch.Tensor, *args: Any, **options: Any) -> Any:
        answer = self.network(x_t, *args, **options)
        self.x_t, self.eps_theta = x_t.detach(), answer.sample.detach()
        return answer


class Plateau(NamedTuple):
    """Whether a held-out loss still falls: its best, at which iteration, how many ago, and the verdict."""

    best: float
    at: int
    since: int
    converged: bool


def plateau(held_out: Sequence[tuple[int, float]]) -> Plateau:
    """Converged: for PATIENCE iterations no loss has undercut the best by MIN_GAIN of it (algorithm 1, line 6).

    Args:
        held_out: (iteration, loss), at least one, in order.
    """
    at, best = held_out[0]
    for n, loss in held_out[1:]:
        if loss < best * (1 - MIN_GAIN):
            at, best = n, loss
    since = held_out[-1][0] - at
    return Plateau(best, at, since, since >= PATIENCE)


def smoothed(losses: Sequence[float], over: int = 20) -> list[float]:
    """The mean of each loss and up to over − 1 before it."""
    return [sum(part) / len(part) for n in range(1, len(losses) + 1) for part in [losses[max(0, n - over) : n]]]


class Algorithm1:
    """One training that can be stopped after each line (Ho et al. 2020, algorithm 1).

    The optimiser is Adam, as in the paper. Beyond the paper, 10 % of the labels are left out, for guidance.

    Args:
        begin: the network to start from, made anew each time, and its schedule.
        pictures: those that line 2 draws from.
        held_out: a fixed batch that line 6 measures the loss on.
    """

    def __init__(self, begin: "Begin", pictures: Pictures, held_out: DrawnBatch) -> None:
        self.begin, self.pictures, self.measured_on = begin, pictures, held_out
        self.lines = (self.line_1, self.line_2, self.line_3, self.line_4, self.line_5, self.line_6)
        self.restart()

    def restart(self) -> None:
        """Back before the first line."""
        self.unet, self.schedule = self.begin()
        self.optimizer = torch.optim.Adam(self.unet.parameters())
        self.generator = torch.Generator().manual_seed(stream_seed(SEED, "algorithm 1"))
        self.k = self.num_iterations = 0
        self.now = Iteration()
        self.losses: list[float] = []
        self.held_out = [(0, self.held_out_loss())]

    def go_to(self, k: int, learning_rate: float) -> None:
        """Run the lines up to the k-th; back means from the start again.

        Raises:
            ValueError: more than AHEAD lines on, or a loss that is not finite.
        """
        if k < self.k:
            self.restart()
        if k - self.k > AHEAD:
            raise Refusal(
                "line {k} must be at most {most} lines after the last one, {last}; this run has been dropped or its "
                "start changed: press “Start again”",
                k=k,
                most=AHEAD,
                last=self.k,
            )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        while self.k < k:
            self.lines[self.k % len(self.lines)]()
            self.k += 1

    def line_1(self) -> None:
        """repeat"""
        self.now = Iteration()
        self.num_iterations += 1

    def line_2(self) -> None:
        """x_0 ~ q(x_0): pictures of the data set, each as likely as any other."""
        index = torch.randint(len(self.pictures), (BATCH,), generator=self.generator)
        self.now.x_0 = self.pictures.x_0(index)
        null_class = len(self.pictures.class_names)
        self.now.label = drop_labels(self.pictures.labels[index], LABEL_DROPOUT, null_class, self.generator)

    def line_3(self) -> None:
        """t ~ Uniform({1, …, T}), one for each picture."""
        self.now.t = draw_t(self.schedule.T, BATCH, self.generator, "uniform")

    def line_4(self) -> None:
        """ε ~ N(0, I)"""
        assert self.now.x_0 is not None
        self.now.eps = torch.randn(self.now.x_0.shape, generator=self.generator)

    def line_5(self) -> None:
        """Take a gradient step on ‖ε − ε_θ(√ᾱ_t x_0 + √(1−ᾱ_t) ε, t)‖², the mean over pixels and pictures.

        Raises:
            ValueError: the error is not finite.
        """
        now, recording = self.now, RecordingNetwork(self.unet)
        assert now.x_0 is not None and now.t is not None and now.eps is not None and now.label is not None
        batch = DrawnBatch(now.x_0, now.t, now.eps, now.label)
        errors = algorithm_1_error(recording, self.schedule, *batch)
        if not all_finite(errors):
            raise Refusal(
                "the loss must be finite, it is not in iteration {num_iterations}; lower the learning rate and press "
                "“Start again”",
                num_iterations=self.num_iterations,
            )
        now.gradient_norm = float(gradient_step(list(self.unet.parameters()), [self.optimizer], errors))
        now.before, now.x_t, now.eps_theta = errors.detach(), recording.x_t, recording.eps_theta
        with torch.no_grad():
            now.after = algorithm_1_error(recording, self.schedule, *batch)
        now.eps_theta_after = recording.eps_theta
        self.losses.append(float(now.before.mean()))

    def line_6(self) -> None:
        """until converged: the loss on held-out digits, every few iterations."""
        if self.num_iterations % EVERY == 0:
            self.held_out.append((self.num_iterations, self.held_out_loss()))

    def held_out_loss(self) -> float:
        """The loss on the held-out digits, always with the same t and ε."""
        return float(held_out_errors(self.unet, self.schedule, self.measured_on).mean())


def held_out_errors(unet: "UNet2DModel", schedule: Schedule, batch: DrawnBatch) -> torch.Tensor:
    """Error of each picture of a batch, (B,), on the CPU."""
    return errors_on(batch, partial(algorithm_1_error, unet, schedule), next(unet.parameters()).device)


@cache
def split() -> tuple[Pictures, DrawnBatch]:
    """The bundled digits in two: those to train on, and a batch held out, its t spread evenly and its ε fixed."""
    digits, generator = bundled_digits(), torch.Generator().manual_seed(stream_seed(SEED, "held out"))
    order = torch.randperm(len(digits), generator=generator)
    kept, out = order[HELD_OUT:], order[:HELD_OUT]
    batch = draw_noise(digits.x_0(out), digits.labels[out], make_schedule("linear").T, generator)
    return Pictures(digits.images[kept], digits.labels[kept], digits.class_names), batch


def scratch() -> "tuple[UNet2DModel, Schedule]":
    """A small network of fresh weights, so that a step takes little time."""
    # The shelf brings diffusers in, by a thread once the page is out; who imports it meanwhile may find half.
    shelf().load(CHECKPOINT)
    digits = bundled_digits()
    C, H, W = digits.images.shape[1:]
    return make_network((C, H, W), len(digits.class_names), seed=SEED, channels=SMALL), make_schedule("linear")


def shipped() -> "tuple[UNet2DModel, Schedule]":
    """A copy of the shipped network, so that the one on the shelf stays as it is."""
    checkpoint = shelf().load(CHECKPOINT)
    return copy.deepcopy(checkpoint.unet).cpu().requires_grad_(True), checkpoint.schedule


# Where a training may start: one function and one line here.
STARTS: dict[str, "Begin"] = {"scratch": scratch, "shipped": shipped}


def algorithm_1(start: str) -> Algorithm1:
    """A training on the bundled digits from a key of STARTS."""
    return Algorithm1(STARTS[start], *split())


class Measured(NamedTuple):
    """A mean and its standard error."""

    mean: float
    error: float


@remembered(1)
def trained_error_by_quarter() -> list[Measured]:
    """The shipped network's mean error on the held-out digits in each quarter of 1…T, lowest t first."""
    checkpoint, (_, batch) = shelf().load(CHECKPOINT), split()
    errors = held_out_errors(checkpoint.unet, checkpoint.schedule, batch)
    quarter = quarter_of(batch.t, checkpoint.schedule.T)
    parts = [errors[quarter == k] for k in range(4)]
    return [Measured(float(part.mean()), float(part.std()) / math.sqrt(len(part))) for part in parts]
