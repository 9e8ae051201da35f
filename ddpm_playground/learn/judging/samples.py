"""Algorithm 2 on a checkpoint: pictures in which picture i depends on (seed, i) alone."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
import torch
from tqdm import tqdm

from ...bridge.driven_sampler import DrivenSampler
from ...bridge.driven_steps import Answering
from ...core import (
    Level,
    LevelPredictor,
    Prediction,
    RuleSampler,
    Sampling,
    SeededNoise,
    Step,
    joined_prediction,
    mapped_prediction,
)
from ...core.checks import number, whole_number
from ...core.phrase import Refusal
from ...engine.launch import ALONE, Launch
from ..checkpoints.checkpoint import Checkpoint
from ..data.pictures import MAX_SAMPLES, to_uint8
from .noises import Noises

MAX_GUIDANCE = 20.0
MAX_SEED = 2**63 - 1
BATCH_SIZE = 32
# How many pictures the network is always shown at once. On one core of an EPYC a chain of the MNIST network
# costs 11/24/45/82 ms a step for 1/4/8/16 pictures, so 4 is the least for 1 to 20 pictures and 16 % above
# the least for 200.
BLOCK = {"cpu": 4, "cuda": 64, "mps": 16}


@dataclass(frozen=True)
class FixedBatches:
    """An ε-predictor asked with exactly `size` pictures at a time, gaps filled with copies.

    Matrix products and convolutions sum in another order for another batch size (at size 1, 2, 5 and 10 the
    MNIST network differs from size 4 in the last bit, and a chain of 1,000 steps makes pixels of it). With
    one size, and each picture always in the same place, a picture's bits do not depend on its companions.

    Attributes:
        predict: the predictor to ask.
        size: pictures per call.
        apart: no picture may depend on its companions, by what a scheduler does with a batch either.
    """

    predict: LevelPredictor
    size: int
    apart: bool = True

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        """Prediction (B,*D) each, for any B."""
        parts = []
        for start in range(0, len(x_t), self.size):
            part = slice(start, start + self.size)
            classes = None if label is None else self._full(label[part])
            answer = self.predict(self._full(x_t[part]), self._full(t[part]), classes, level)
            parts.append(mapped_prediction(answer, partial(torch.narrow, dim=0, start=0, length=len(x_t[part]))))
        return joined_prediction(parts, torch.cat)

    def answer(self, x: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """What the network itself says, as `NetworkEps.answer`, for any B."""
        ask, parts = cast(Answering, self.predict).answer, []
        for start in range(0, len(x), self.size):
            part = slice(start, start + self.size)
            classes = None if label is None else self._full(label[part])
            parts.append(ask(self._full(x[part]), self._full(timestep[part]), classes)[: len(x[part])])
        return torch.cat(parts)

    def _full(self, part: torch.Tensor) -> torch.Tensor:
        return torch.cat([part, part[:1].expand(self.size - len(part), *part.shape[1:])])


def check_sampling(
    checkpoint: Checkpoint, labels: torch.Tensor, sampling: Sampling, *, guidance: float, seed: int, batch_size: int
) -> None:
    """Refuse what `sample` cannot do, before it does anything.

    Raises:
        ValueError: says which argument, what is allowed, what to do.
    """
    num_classes = len(checkpoint.class_names)
    sampler, told = checkpoint.sampler_for(sampling)
    sampler.path(checkpoint.schedule, told)
    number("the guidance", guidance, 0.0, MAX_GUIDANCE, "1 is the plain network")
    if guidance != 1.0 and checkpoint.needs_label:
        raise Refusal(
            "guidance compares a class with no class, and nothing says that one of this network's {count} classes "
            "stands for none; leave it at 1, got {got}",
            count=num_classes,
            got=f"{guidance:g}",
        )
    for name, value, low, high in (
        ("seed", seed, 0, MAX_SEED),
        ("batch_size", batch_size, 1, 65_536),
        ("the number of samples", len(labels), 1, MAX_SAMPLES),
    ):
        whole_number(name, value, low, high)
    least = 0 if checkpoint.needs_label else -1
    if int(labels.min()) < least or int(labels.max()) >= num_classes:
        some = f"in [0, {num_classes - 1}]" + (", or −1 for none" if least else "")
        allowed = some if num_classes else "−1, as the checkpoint has none"
        raise Refusal(
            "labels must be {allowed}, got {got} to {labels}; correct them",
            allowed=allowed,
            got=int(labels.min()),
            labels=int(labels.max()),
        )


def steady_predictor(checkpoint: Checkpoint, guidance: float = 1.0, *, driven: bool = False) -> LevelPredictor:
    """The checkpoint's ε-predictor, asked so that a picture's bits do not depend on its companions.

    Args:
        checkpoint: whose.
        guidance: W.
        driven: whether a scheduler of diffusers asks it, at fractions of t too, which no engine's network knows.
    """
    predict: LevelPredictor = checkpoint.predictor(guidance)
    if getattr(checkpoint.network, "batch_invariant", False) and not driven:
        return predict
    return FixedBatches(predict, block_of(checkpoint))


def block_of(checkpoint: Checkpoint) -> int:
    """How many pictures the network is shown at once where it stands."""
    return BLOCK[checkpoint.device.type]


def whole_blocks(checkpoint: Checkpoint, batch_size: int, count: int = 0, launch: Launch = ALONE) -> int:
    """batch_size rounded up to whole blocks, so that picture i stands at i mod block in every batch.

    Where `count` pictures are shared by several processes, batches are smaller, so that each has some to draw.
    """
    block = block_of(checkpoint)
    if launch.size > 1 and count:
        batch_size = min(batch_size, -(-count // launch.size))
    return -(-batch_size // block) * block


def chain(
    checkpoint: Checkpoint, indices: range, labels: torch.Tensor, sampling: Sampling, *, guidance: float = 1.0,
    seed: int = 0, noises: Noises | None = None,
) -> Iterator[Step]:  # fmt: skip
    """The reverse chain of pictures `indices`; x_T and z of picture i come from (seed, i), or from `noises`."""
    sampler, told = checkpoint.sampler_for(sampling)
    if noises is None:
        predict = steady_predictor(checkpoint, guidance, driven=isinstance(sampler, DrivenSampler))
        noise = SeededNoise(seed, indices, checkpoint.image_shape, checkpoint.device)
        x_T = noise()
    else:
        # The batch as it is, as another program asks it.
        predict = replace(checkpoint.predictor(guidance), apart=False)
        x_T, noise = noises.of(indices, checkpoint.device)
    return sampler.steps(
        checkpoint.schedule, predict, x_T, noise, told, reverse=checkpoint.reverse, label=labels.to(checkpoint.device)
    )


def final_x(
    checkpoint: Checkpoint,
    labels: torch.Tensor,
    sampling: Sampling | None = None,
    *,
    guidance: float = 1.0,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
    noises: Noises | None = None,
    launch: Launch = ALONE,
) -> torch.Tensor:
    """x_0 as the chain ends (Ho et al. 2020, algorithm 2, by default all T steps with σ² = β̃).

    Args:
        checkpoint: where the network and its schedule come from.
        labels: class of each picture, (N,) int64, −1 for none.
        sampling: a sampler of bridge.all_samplers.NAMED and what it is told; None for `Sampling()`.
        guidance: W in [0, 20]; 1 is the conditional network alone.
        seed: 0…2⁶³ − 1; not looked at where there are `noises`.
        batch_size: chains at once; changes memory and speed, and without `noises` never a pixel.
        progress: show a bar on stderr.
        noises: x_T and z in the stead of those drawn from the seed.
        launch: the processes that share the pictures; each gets all of them.

    Returns:
        (N,C,H,W) float32 on the CPU.

    Raises:
        ValueError: see `check_sampling`; noises of another shape or fewer than the chain draws.
    """
    sampling = sampling or Sampling()
    check_sampling(checkpoint, labels, sampling, guidance=guidance, seed=seed, batch_size=batch_size)
    if noises is not None:
        noises.check(len(labels), checkpoint.image_shape, _draws(checkpoint, sampling))
    sampler, told = checkpoint.sampler_for(sampling)
    N, num_steps = len(labels), len(sampler.path(checkpoint.schedule, told)) - 1
    together = whole_blocks(checkpoint, batch_size, N, launch)
    starts = range(0, N, together)
    own = sum(min(N, start + together) - start for start in launch.own(starts))
    with tqdm(total=own * num_steps, unit="step", file=sys.stderr, disable=not progress, desc="sampling") as bar:

        def drawn(start: int) -> torch.Tensor:
            indices, x_0 = range(start, min(N, start + together)), torch.empty(0)
            part = labels[start : indices.stop]
            for step in chain(checkpoint, indices, part, sampling, guidance=guidance, seed=seed, noises=noises):
                x_0 = step.x_s
                bar.update(len(indices))
            return x_0.float().cpu()

        return torch.cat(launch.spread(starts, drawn))


def _draws(checkpoint: Checkpoint, sampling: Sampling) -> int:
    """How many times a chain draws z; our own draw it whether they need it or not."""
    sampler, told = checkpoint.sampler_for(sampling)
    if isinstance(sampler, DrivenSampler):
        return sampler.rehearsed(checkpoint.schedule, told).draws
    if not isinstance(sampler, RuleSampler):
        return 0
    path = sampler.path(checkpoint.schedule, told)
    return len(path) - 2


def sample(
    checkpoint: Checkpoint,
    labels: torch.Tensor,
    sampling: Sampling | None = None,
    *,
    guidance: float = 1.0,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
    launch: Launch = ALONE,
) -> np.ndarray:
    """Pictures from a checkpoint: what `final_x` ends in, as pixels, (N,H,W,C) uint8; arguments and errors are its."""
    x_0 = final_x(
        checkpoint, labels, sampling, guidance=guidance, seed=seed, batch_size=batch_size, progress=progress,
        launch=launch,
    )  # fmt: skip
    return pixels(x_0)


def pixels(x_0: torch.Tensor) -> np.ndarray:
    """(N,C,H,W) in [−1, 1] → (N,H,W,C) uint8."""
    return to_uint8(x_0).permute(0, 2, 3, 1).contiguous().numpy()
