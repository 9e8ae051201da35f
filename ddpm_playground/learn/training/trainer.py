"""One training run as an object that yields its gradient steps: batches, network, optimisers, averaged weights."""

import json
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import torch

from ...core import Level, level, make_schedule, stream_seed
from ...core.phrase import Refusal
from ...engine.device import has_fast_bf16
from ...engine.prefetch import prefetch
from ..checkpoints.checkpoint import CheckpointError, load_checkpoint
from ..data.batch import Batch
from ..data.pictures import Pictures
from ..networks.unet import make_network
from ..networks.widening import widen
from .algorithm_1 import algorithm_1_error, draw_noise, drop_labels, gradient_step, loss_weight
from .averaging import AveragedWeights
from .muon import make_optimizers
from .settings import Settings, learning_rate_at
from .stable_target import StableTarget
from .stacked_target import StackedTarget

BATCHES_AHEAD = 4  # made while a card is at earlier ones


class TrainStep(NamedTuple):
    """One gradient step.

    Attributes:
        step: how many have been taken, this one included.
        t: of each picture, (B,) int64, on the CPU.
        errors: of each picture, before the step, (B,) float32; a card may still be computing them.
    """

    step: int
    t: torch.Tensor
    errors: torch.Tensor


class Trainer:
    """One training run: its network, optimisers and averages, and where it stands.

    Iterating over it takes the gradient steps that are left. Every random number comes from (seed, step), so a run
    that was killed and resumed goes through the same numbers as one that was not.

    Args:
        settings: what to train.
        pictures: the training data.
        device: where to train.
        compiled: run the network through torch.compile.
    """

    def __init__(
        self, settings: Settings, pictures: Pictures, device: torch.device | str = "cpu", compiled: bool = False
    ) -> None:
        if settings.batch_size > len(pictures):
            raise Refusal(
                "batch_size must be in [1, {num_pictures}], the number of pictures, got {got}",
                num_pictures=len(pictures),
                got=settings.batch_size,
            )
        self.settings, self.pictures, self.device = settings, pictures, torch.device(device)
        self.schedule = make_schedule(settings.schedule, settings.T)
        self.num_classes = len(pictures.class_names)
        image_shape = tuple(pictures.images.shape[1:])
        self.unet = make_network(
            image_shape,  # type: ignore[arg-type]
            self.num_classes,
            seed=settings.seed,
            channels=settings.channels,
            layers=settings.layers,
            attention_levels=settings.attention_levels,
        ).to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.origin = self._start_from(settings.start_from) if settings.start_from else None
        most = settings.stable_target
        self.target = StableTarget(self.schedule, pictures, most, settings.seed) if most else None
        self.stack = self._stack(settings.teachers) if settings.teachers else None
        self.forward: Callable = torch.compile(self.unet) if compiled else self.unet
        self.parameters = list(self.unet.parameters())
        self.optimizers = make_optimizers(
            self.unet.named_parameters(), settings.optimizer, settings.learning_rate, settings.weight_decay
        )
        self.averages = AveragedWeights(self.unet, settings.ema_decay)
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and has_fast_bf16(self.device))
        self.step = 0
        self.seconds = 0.0  # spent on them, as far as an observer counts
        self.lead = BATCHES_AHEAD if self.device.type == "cuda" else 0
        self._coming: Generator[tuple[torch.Tensor, Batch]] | None = None
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def __iter__(self) -> Iterator[TrainStep]:
        """Take the steps that are left to `settings.steps`, each yielded once it is taken."""
        while self.step < self.settings.steps:
            yield self.advance()

    def go_to(self, step: int, seconds: float) -> None:
        """Let the next step be the one after `step`, whose network and averages it has been given."""
        self.step, self.seconds = step, seconds
        self._coming = None  # batches of other steps

    def _start_from(self, folder: str) -> dict[str, Any]:
        """Take a checkpoint's weights; returns what is known of how they came about."""
        start = load_checkpoint(folder)
        try:
            weights = widen(start.unet, self.unet, self.settings.seed)
        except ValueError as error:
            raise CheckpointError(
                "the weights of {folder} are of another architecture ({cause}); give --channels, --layers and "
                "--attention-levels as they were trained with or wider, and the same classes",
                folder=folder,
                cause=error,
            ) from None
        self.unet.load_state_dict(weights)
        facts = start.folder / "training.json"
        known = json.loads(facts.read_text(encoding="utf-8")) if facts.is_file() else {}
        return {"sha256": start.sha256, **known}

    def _stack(self, folders: tuple[str, ...]) -> StackedTarget:
        """What the checkpoints in `folders` and the training pictures say together."""
        teachers = []
        for folder in folders:
            teacher = load_checkpoint(folder, self.device)
            if (
                teacher.image_shape != tuple(self.pictures.images.shape[1:])
                or not torch.equal(teacher.schedule.betas, self.schedule.betas)
                or teacher.class_names != self.pictures.class_names
                or teacher.needs_label
            ):
                raise CheckpointError(
                    "{folder} cannot teach: its pictures, classes or schedule differ from those of this run; name "
                    "checkpoints of the same --data, --schedule and --T",
                    folder=folder,
                )
            teachers.append(teacher.predictor())
        return StackedTarget(self.schedule, self.pictures, teachers, self.settings.seed)

    def _chosen(self, step: int) -> torch.Tensor:
        """Which pictures a step takes, (B,) (algorithm 1, line 2)."""
        s = self.settings
        per_epoch = len(self.pictures) // s.batch_size
        epoch, place = divmod(step, per_epoch)
        if epoch != self._epoch:
            shuffle = torch.Generator().manual_seed(stream_seed(s.seed, "epoch", epoch))
            self._epoch, self._order = epoch, torch.randperm(len(self.pictures), generator=shuffle)
        return self._order[place * s.batch_size : (place + 1) * s.batch_size]

    def batch(self, step: int) -> Batch:
        """What a step looks at, on the CPU."""
        s, index = self.settings, self._chosen(step)
        generator = torch.Generator().manual_seed(stream_seed(s.seed, "step", step))
        drawn = draw_noise(
            self.pictures.x_0(index), self.pictures.labels[index], self.schedule.T, generator, s.t_sampling
        )
        x_0, t, eps, label = drawn
        assert label is not None
        label = drop_labels(label, s.label_dropout, self.num_classes, generator)
        weight = loss_weight(self.schedule, t, s.min_snr, s.truncated_snr)
        return Batch(x_0, t, eps, label, index, level(self.schedule, t, x_0), weight)

    def _sent(self, step: int) -> tuple[torch.Tensor, Batch]:
        """The t of a step, and its batch on the device."""
        batch = self.batch(step)
        return batch.t, batch.to(self.device)

    def _next(self) -> tuple[torch.Tensor, Batch]:
        """`_sent` of the present step; a card finds it ready."""
        if not self.lead:
            return self._sent(self.step)
        if self._coming is None:
            self._coming = prefetch((partial(self._sent, step) for step in count(self.step)), self.lead)
        return next(self._coming)

    def errors(
        self,
        network: Callable,
        *drawn: torch.Tensor,
        target: Callable[..., torch.Tensor] | None = None,
        at: Level | None = None,
    ) -> torch.Tensor:
        """`algorithm_1_error` of x_0, t, ε and label on this run's device and in its precision, (B,)."""
        x_0, t, eps, label = (tensor.to(self.device) for tensor in drawn)
        x_0, eps = (a.contiguous(memory_format=torch.channels_last) for a in (x_0, eps))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return algorithm_1_error(network, self.schedule, x_0, t, eps, label, target, at)

    def advance(self) -> TrainStep:
        """Take one gradient step; a card may still be at it afterwards."""
        t_cpu, (x_0, t, eps, label, index, at, weight) = self._next()
        target = self.target if self.stack is None else partial(self.stack, own=index)
        errors = self.errors(self.forward, x_0, t, eps, label, target=target, at=at)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(self.settings, self.step)
        gradient_step(self.parameters, self.optimizers, weight * errors, self.settings.clip_norm)
        self.averages.update()
        self.step += 1
        return TrainStep(self.step, t_cpu, errors.detach())
