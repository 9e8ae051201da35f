"""One training run as an object that yields its gradient steps: batches, network, optimisers, averaged weights."""

import json
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import torch
from diffusers import UNet2DModel

from ...core import level, make_schedule, stream_seed
from ...core.phrase import Refusal
from ...engine.device import has_fast_bf16
from ...engine.launch import ALONE, Launch
from ...engine.prefetch import prefetch
from ..checkpoints.checkpoint import CheckpointError, load_checkpoint
from ..data.batch import Batch
from ..data.pictures import Pictures
from ..networks.unet import make_network
from ..networks.widening import widen
from .algorithm_1 import draw_noise, drop_labels, gradient_step, loss_weight
from .averaging import AveragedWeights
from .importance import Importance
from .muon import make_optimizers
from .objective import Errors, Objective, step_rows
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
        launch: the processes that share each batch; every one of them is at the same step with the same weights.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        device: torch.device | str = "cpu",
        compiled: bool = False,
        launch: Launch = ALONE,
    ) -> None:
        _check_batch(settings, pictures, launch)
        self.launch = launch
        self.settings, self.pictures, self.device = settings, pictures, torch.device(device)
        self.schedule = make_schedule(settings.schedule, settings.T)
        self.objective = Objective(settings, self.schedule)
        self.num_classes = len(pictures.class_names)
        self.unet = self._network().to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.origin = self._start_from(settings.start_from) if settings.start_from else None
        most = settings.stable_target
        self.importance = Importance(settings.T) if self.objective.only_bound else None
        self.target = StableTarget(self.schedule, pictures, most, settings.seed) if most else None
        self.stack = self._stack(settings.teachers) if settings.teachers else None
        shared = launch.trained(self.unet)
        self.forward: Callable = torch.compile(shared) if compiled else shared
        self.parameters = list(self.unet.parameters())
        self.optimizers = make_optimizers(
            self.unet.named_parameters(), settings.optimizer, settings.learning_rate, settings.weight_decay
        )
        self.averages = AveragedWeights(self.unet, settings.ema_decay)
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and has_fast_bf16(self.device))
        self.step = 0
        self.seconds = 0.0  # spent on them, as far as an observer counts
        # Which t come next follows from the errors of those before.
        self.lead = BATCHES_AHEAD if self.device.type == "cuda" and self.importance is None else 0
        self._coming: Generator[tuple[torch.Tensor, Batch]] | None = None
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def _network(self) -> UNet2DModel:
        """The network that the settings describe, with its first weights."""
        s = self.settings
        return make_network(
            tuple(self.pictures.images.shape[1:]),  # type: ignore[arg-type]
            self.num_classes,
            seed=s.seed,
            channels=s.channels,
            layers=s.layers,
            attention_levels=s.attention_levels,
            says_variance=self.objective.learned,
        )

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
        if told := start.predictor().elsewhere:
            raise CheckpointError(told)
        try:
            weights = widen(start.unet, self.unet, self.settings.seed)
        except ValueError as error:
            raise CheckpointError(
                "the weights of {folder} are of another architecture ({cause}); give --channels, --layers and "
                "--attention-levels as they were trained with or wider, and the same classes and --variance",
                folder=folder,
                cause=error,
            ) from None
        if start.prediction_type != self.objective.prediction_type:
            raise CheckpointError(
                "the network of {folder} says {theirs}, this one is to say {ours}; give --predict as it was trained",
                folder=folder,
                theirs=start.prediction_type,
                ours=self.objective.prediction_type,
            )
        self.unet.load_state_dict(weights)
        facts = start.folder / "training.json"
        known = json.loads(facts.read_text(encoding="utf-8")) if facts.is_file() else {}
        return {"sha256": start.sha256, **known}

    def _stack(self, folders: tuple[str, ...]) -> StackedTarget:
        """What the checkpoints in `folders` and the training pictures say together."""
        if not self.num_classes:
            raise Refusal("--teachers weighs its estimates class by class, and these pictures have none; leave it out")
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
        """What a step looks at, on the CPU; with `importance`, as far as that goes by now."""
        s, index = self.settings, self._chosen(step)
        p = self.importance.p if self.importance else None
        generator = torch.Generator().manual_seed(stream_seed(s.seed, "step", step))
        labels = self.pictures.labels[index] if self.num_classes else None
        x_0, t, eps, label = draw_noise(self.pictures.x_0(index), labels, self.schedule.T, generator, s.t_sampling, p)
        if label is not None:
            label = drop_labels(label, s.label_dropout, self.num_classes, generator)
        if self.importance:
            weight = self.importance.weight(p, t)
        else:
            weight = loss_weight(self.schedule, t, s.min_snr, s.truncated_snr, self.objective.prediction_type)
        rows = step_rows(self.schedule, t) if self.objective.learned else None
        return Batch(x_0, t, eps, label, index, level(self.schedule, t, x_0), weight, rows)

    def _sent(self, step: int) -> tuple[torch.Tensor, Batch]:
        """The t of a step, and this process's part of its batch on the device."""
        batch = self.batch(step)
        return batch.t, batch.part(self.launch.share(len(batch.t))).to(self.device)

    def _next(self) -> tuple[torch.Tensor, Batch]:
        """`_sent` of the present step; a card finds it ready."""
        if not self.lead:
            return self._sent(self.step)
        if self._coming is None:
            self._coming = prefetch((partial(self._sent, step) for step in count(self.step)), self.lead)
        return next(self._coming)

    def errors(
        self, network: Callable, x_0: torch.Tensor, t: torch.Tensor, eps: torch.Tensor, label: torch.Tensor | None
    ) -> torch.Tensor:
        """The simple errors of x_0, t, ε and label on this run's device and in its precision, (B,)."""
        return self._errors(network, Batch(x_0, t, eps, label, t, level(self.schedule, t, x_0), t)).simple

    def _errors(self, network: Callable, batch: Batch, target: Callable[..., torch.Tensor] | None = None) -> Errors:
        x_0, t, eps, label, _, at, weight, rows = batch.to(self.device)
        x_0, eps = (a.contiguous(memory_format=torch.channels_last) for a in (x_0, eps))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.objective(network, x_0, t, eps, label, at=at, rows=rows, target=target, weight=weight)

    def advance(self) -> TrainStep:
        """Take one gradient step; a card may still be at it afterwards."""
        t_cpu, batch = self._next()
        target = self.target if self.stack is None else partial(self.stack, own=batch.index)
        errors = self._errors(self.forward, batch, target)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(self.settings, self.step)
        gradient_step(self.parameters, self.optimizers, self._of_all(errors.lowered), self.settings.clip_norm)
        self.averages.update()
        if self.importance and errors.bound is not None:
            self.importance.note(t_cpu, self._everyones(errors.bound.detach()).cpu())
        self.step += 1
        return TrainStep(self.step, t_cpu, self._everyones(errors.simple.detach()))

    def _of_all(self, lowered: torch.Tensor) -> torch.Tensor:
        """Errors whose mean here, averaged over the processes, is the mean over the whole batch."""
        shared = self.launch.size * len(lowered) / self.settings.batch_size
        return lowered if shared == 1 else lowered * shared

    def _everyones(self, errors: torch.Tensor) -> torch.Tensor:
        """The errors of the whole batch, (B,), from this process's and the others'."""
        if self.launch.size == 1:
            return errors
        whole = errors.new_zeros(self.settings.batch_size)
        whole[self.launch.share(len(whole))] = errors
        return self.launch.summed(whole)


def _check_batch(settings: Settings, pictures: Pictures, launch: Launch) -> None:
    """Refuse a batch that there are too few pictures for, or too many processes."""
    if settings.batch_size > len(pictures):
        raise Refusal(
            "batch_size must be in [1, {num_pictures}], the number of pictures, got {got}",
            num_pictures=len(pictures),
            got=settings.batch_size,
        )
    if settings.batch_size < launch.size:
        raise Refusal(
            "{size} processes cannot share a batch of {got}; raise --batch-size, or start fewer",
            size=launch.size,
            got=settings.batch_size,
        )
