"""One training run as an object: batches, gradient steps, averaged weights, and its state."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from itertools import count
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from PIL import Image

from ..core import Level, SeededNoise, level, make_schedule, reverse, stream_seed, timestep_path
from ..engine.ahead import ahead
from ..engine.device import has_fast_bf16
from .algorithm_1 import algorithm_1_error, draw_t, loss_weight
from .batch import Batch
from .checkpoint import CheckpointError, load_checkpoint
from .data import Pictures, tile, to_uint8
from .muon import make_optimizers
from .network import NetworkEps, make_network
from .settings import Settings, learning_rate_at
from .stable_target import StableTarget
from .stacked_target import StackedTarget
from .widening import widen

HELD_OUT = 512
BATCHES_AHEAD = 4  # made while a card is at earlier ones
OPTIMIZER_STATE = ("step", "exp_avg", "exp_avg_sq", "momentum_buffer")  # AdamW's and Muon's own names


class Trainer:
    """One training run: its network, optimiser and averages, and where it stands.

    Every random number comes from (seed, step), so a run that was killed and resumed goes through the
    same numbers as one that was not.

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
            raise ValueError(
                f"batch_size must be in [1, {len(pictures)}], the number of pictures, got {settings.batch_size}"
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
        self.ema = EMAModel(self.parameters, decay=settings.ema_decay, foreach=True)
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and has_fast_bf16(self.device))
        self.step = 0
        self.seconds = 0.0  # that training took, for whoever counts them
        self.lead = BATCHES_AHEAD if self.device.type == "cuda" else 0
        self._coming: Generator[tuple[torch.Tensor, Batch]] | None = None
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def _start_from(self, folder: str) -> dict[str, Any]:
        """Take a checkpoint's weights; returns what is known of how they came about."""
        start = load_checkpoint(folder)
        try:
            weights = widen(start.unet, self.unet, self.settings.seed)
        except ValueError as error:
            raise CheckpointError(
                f"the weights of {folder} are of another architecture ({error}); give --channels, --layers and "
                "--attention-levels as they were trained with or wider, and the same classes"
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
            ):
                raise CheckpointError(
                    f"{folder} cannot teach: its pictures, classes or schedule differ from those of this run; "
                    "name checkpoints of the same --data, --schedule and --T"
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
        x_0, label = self.pictures.x_0(index), self.pictures.labels[index]
        t = draw_t(self.schedule.T, len(index), generator, s.t_sampling)
        eps = torch.randn(x_0.shape, generator=generator)
        dropped = torch.rand(len(index), generator=generator) < s.label_dropout
        label = torch.where(dropped, self.num_classes, label)
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
            self._coming = ahead((partial(self._sent, step) for step in count(self.step)), self.lead)
        return next(self._coming)

    def _errors(
        self,
        network: Callable,
        *drawn: torch.Tensor,
        target: Callable[..., torch.Tensor] | None = None,
        at: Level | None = None,
    ) -> torch.Tensor:
        x_0, t, eps, label = (tensor.to(self.device) for tensor in drawn)
        x_0, eps = (a.contiguous(memory_format=torch.channels_last) for a in (x_0, eps))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return algorithm_1_error(network, self.schedule, x_0, t, eps, label, target, at)

    def advance(self) -> tuple[torch.Tensor, torch.Tensor]:
        """One gradient step; a card may still be at it. Returns t, on the CPU, and each picture's error, (B,) each."""
        t_cpu, (x_0, t, eps, label, index, at, weight) = self._next()
        target = self.target if self.stack is None else partial(self.stack, own=index)
        errors = self._errors(self.forward, x_0, t, eps, label, target=target, at=at)
        (weight * errors).mean().backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(self.settings, self.step)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.ema.step(self.parameters)
        self.step += 1
        return t_cpu, errors.detach()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While it is entered, the network holds its averaged (EMA) weights."""
        self.ema.store(self.parameters)
        self.ema.copy_to(self.parameters)
        self.unet.eval()
        try:
            yield
        finally:
            self.ema.restore(self.parameters)
            self.unet.train()

    @torch.no_grad()
    def held_out_errors(self, held_out: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
        """t and errors of the averaged network on fixed held-out pictures and noises, (N,) each."""
        generator = torch.Generator().manual_seed(stream_seed(self.settings.seed, "held out"))
        count = min(HELD_OUT, len(held_out))
        x_0, label = held_out.x_0(slice(count)), held_out.labels[:count]
        t = draw_t(self.schedule.T, count, generator)
        eps = torch.randn(x_0.shape, generator=generator)
        with self.averaged():
            parts = [
                self._errors(self.unet, *(a[i : i + 64] for a in (x_0, t, eps, label))).cpu()
                for i in range(0, count, 64)
            ]
        return t, torch.cat(parts)

    def sample_sheet(self, rows: int = 5, num_steps: int = 50) -> Image.Image:
        """`rows` pictures of each class from the averaged network (DDIM), drawn from their own seed."""
        columns = min(self.num_classes, 10)
        count = rows * columns
        shape = self.pictures.images.shape[1:]
        noise = SeededNoise(stream_seed(self.settings.seed, "sheet"), range(count), shape, self.device)
        label = (torch.arange(count) % columns).to(self.device)
        path = timestep_path(self.schedule.T, min(num_steps, self.schedule.T), "trailing")
        with self.averaged():
            for step in reverse(
                self.schedule, NetworkEps(self.schedule, self.unet), noise(), path, noise, sampler="ddim", label=label
            ):
                x = step.x_s
        return Image.fromarray(tile(to_uint8(x.cpu()), columns))

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """All that is needed to go on: tensors and facts."""
        tensors: dict[str, torch.Tensor] = {}
        stepped = self._stepped_by()
        for (name, parameter), shadow in zip(self.unet.named_parameters(), self.ema.shadow_params, strict=True):
            tensors[f"net.{name}"], tensors[f"ema.{name}"] = parameter, shadow
            for key, value in stepped[parameter].state.get(parameter, {}).items():
                tensors[f"{key}.{name}"] = value
        facts = {
            "settings": asdict(self.settings),
            "step": self.step,
            "seconds": self.seconds,
            "ema_step": self.ema.optimization_step,
            "origin": self.origin,
            "pictures": self._pictures(),
        }
        return tensors, facts

    def _stepped_by(self) -> dict[torch.nn.Parameter, torch.optim.Optimizer]:
        """Which optimiser steps each parameter."""
        return {p: each for each in self.optimizers for group in each.param_groups for p in group["params"]}

    def _pictures(self) -> dict[str, Any]:
        """Which pictures these are."""
        return {"sha256": self.pictures.sha256, "class_names": list(self.pictures.class_names)}

    def restore(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            CheckpointError: the state is broken, or of a run with other settings (the number of steps may differ)
                or other pictures.
        """
        lacking = {"settings", "step", "seconds", "ema_step", "pictures"} - facts.keys()
        if lacking:
            raise CheckpointError(f"the training state lacks {', '.join(sorted(lacking))}; remove it and start anew")
        if facts["pictures"] != self._pictures():
            raise CheckpointError(
                f"the training state is of other pictures ({facts['pictures']} → {self._pictures()}); "
                "give the same --data, or start anew"
            )
        mine, theirs = asdict(self.settings), dict(facts["settings"])
        theirs = asdict(Settings()) | {k: tuple(v) if isinstance(v, list) else v for k, v in theirs.items()}
        differing = [k for k in mine if k not in ("steps", "decay", "data", "start_from") and mine[k] != theirs.get(k)]
        if differing:
            told = ", ".join(f"{k} {theirs.get(k)} → {mine[k]}" for k in differing)
            raise CheckpointError(f"the training state has other settings ({told}); use the same, or start anew")
        for name, parameter in self.unet.named_parameters():
            for key in (f"net.{name}", f"ema.{name}"):
                if key not in tensors or tensors[key].shape != parameter.shape:
                    raise CheckpointError(f"the training state has no {key} of shape {tuple(parameter.shape)}")
        stepped = self._stepped_by()
        for i, (name, parameter) in enumerate(self.unet.named_parameters()):
            with torch.no_grad():
                parameter.copy_(tensors[f"net.{name}"])
                self.ema.shadow_params[i].copy_(tensors[f"ema.{name}"])
            known = {key: tensors[f"{key}.{name}"] for key in OPTIMIZER_STATE if f"{key}.{name}" in tensors}
            if known:
                stepped[parameter].state[parameter] = {
                    key: value.to(self.device) if key == "step" else torch.empty_like(parameter).copy_(value)
                    for key, value in known.items()
                }
        self.origin = facts.get("origin")
        self._coming = None  # batches of other steps
        self.step, self.seconds, self.ema.optimization_step = facts["step"], facts["seconds"], facts["ema_step"]
