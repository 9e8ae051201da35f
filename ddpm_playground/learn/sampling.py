"""Algorithm 2 on a checkpoint: pictures in which picture i depends on (seed, i) alone."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from ..core import Level, LevelPredictor, Prediction, SeededNoise, Step, step_coefficients, timestep_path
from ..lab.foreign import FOREIGN, foreign_reverse, foreign_scheduler
from .checkpoint import Checkpoint
from .data import MAX_SAMPLES, to_uint8

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
    """

    predict: LevelPredictor
    size: int

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        """Prediction (B,*D) each, for any B."""
        parts = []
        for start in range(0, len(x_t), self.size):
            part = slice(start, start + self.size)
            classes = None if label is None else self._full(label[part])
            answer = self.predict(self._full(x_t[part]), self._full(t[part]), classes, level)
            parts.append([a[: len(x_t[part])] for a in answer])
        eps_hats, x_hats_0 = zip(*parts, strict=True)
        return Prediction(torch.cat(eps_hats), torch.cat(x_hats_0))

    def _full(self, part: torch.Tensor) -> torch.Tensor:
        return torch.cat([part, part[:1].expand(self.size - len(part), *part.shape[1:])])


def check_sampling(
    checkpoint: Checkpoint, labels: torch.Tensor, *, sampler: str, num_steps: int, strength: float, spacing: str,
    guidance: float, seed: int, batch_size: int,
) -> None:  # fmt: skip
    """Refuse what `sample` cannot do, before it does anything.

    Raises:
        ValueError: says which argument, what is allowed, what to do.
    """
    T, num_classes = checkpoint.schedule.T, len(checkpoint.class_names)
    timestep_path(T, num_steps, spacing)
    if sampler in FOREIGN:
        foreign_scheduler(checkpoint.schedule, sampler, num_steps, spacing)
    else:
        step_coefficients(checkpoint.schedule, sampler, strength, T, 0)
    if not 0.0 <= guidance <= MAX_GUIDANCE:
        raise ValueError(f"guidance must be in [0, {MAX_GUIDANCE:g}], got {guidance}; 1 is the plain network")
    for name, value, low, high in (
        ("seed", seed, 0, MAX_SEED),
        ("batch_size", batch_size, 1, 65_536),
        ("the number of samples", len(labels), 1, MAX_SAMPLES),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name} must be a whole number in [{low}, {high}], got {value!r}; pick one in that range")
    if int(labels.min()) < -1 or int(labels.max()) >= num_classes:
        allowed = f"in [0, {num_classes - 1}], or −1 for none" if num_classes else "−1, as the checkpoint has none"
        raise ValueError(f"labels must be {allowed}, got {int(labels.min())} to {int(labels.max())}; correct them")


def steady_predictor(checkpoint: Checkpoint, guidance: float = 1.0) -> LevelPredictor:
    """The checkpoint's ε-predictor, asked so that a picture's bits do not depend on its companions."""
    predict: LevelPredictor = checkpoint.predictor(guidance)
    if getattr(checkpoint.network, "batch_invariant", False):
        return predict
    return FixedBatches(predict, block_of(checkpoint))


def block_of(checkpoint: Checkpoint) -> int:
    """How many pictures the network is shown at once where it stands."""
    return BLOCK[next(checkpoint.unet.parameters()).device.type]


def whole_blocks(checkpoint: Checkpoint, batch_size: int) -> int:
    """batch_size rounded up to whole blocks, so that picture i stands at i mod block in every batch."""
    block = block_of(checkpoint)
    return -(-batch_size // block) * block


def chain(
    checkpoint: Checkpoint, indices: range, labels: torch.Tensor, *, sampler: str, num_steps: int, strength: float,
    spacing: str, guidance: float, seed: int,
) -> Iterator[Step]:  # fmt: skip
    """The reverse chain of pictures `indices`, clipping on; x_T and z of picture i come from (seed, i)."""
    device = next(checkpoint.unet.parameters()).device
    predict = steady_predictor(checkpoint, guidance)
    noise, label = SeededNoise(seed, indices, checkpoint.image_shape, device), labels.to(device)
    if sampler in FOREIGN:
        return foreign_reverse(checkpoint.schedule, predict, noise(), num_steps, sampler, spacing, label=label)
    path = timestep_path(checkpoint.schedule.T, num_steps, spacing)
    return checkpoint.reverse(
        checkpoint.schedule, predict, noise(), path, noise, sampler=sampler, strength=strength, label=label
    )


def sample(
    checkpoint: Checkpoint,
    labels: torch.Tensor,
    *,
    sampler: str = "ddpm",
    num_steps: int | None = None,
    strength: float = 0.0,
    spacing: str = "trailing",
    guidance: float = 1.0,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
) -> np.ndarray:
    """Pictures from a checkpoint (Ho et al. 2020, algorithm 2, by default all T steps with σ² = β̃).

    Args:
        checkpoint: where the network and its schedule come from.
        labels: class of each picture, (N,) int64, −1 for none.
        sampler: a key of core.SAMPLERS or lab.foreign.FOREIGN.
        num_steps: S in [1, T]; None for T.
        strength: w for ddpm (σ² = β̃^(1−w) β^w), η for ddim, in [0, 1].
        spacing: a key of core.SPACINGS.
        guidance: W in [0, 20]; 1 is the conditional network alone.
        seed: 0…2⁶³ − 1.
        batch_size: chains at once; changes memory and speed, never a pixel.
        progress: show a bar on stderr.

    Returns:
        (N,H,W,C) uint8.

    Raises:
        ValueError: see `check_sampling`.
    """
    num_steps = checkpoint.schedule.T if num_steps is None else num_steps
    settings = {
        "sampler": sampler, "num_steps": num_steps, "strength": strength, "spacing": spacing,
        "guidance": guidance, "seed": seed,
    }  # fmt: skip
    check_sampling(checkpoint, labels, batch_size=batch_size, **settings)
    together = whole_blocks(checkpoint, batch_size)
    N, images = len(labels), []
    with tqdm(total=N * num_steps, unit="step", file=sys.stderr, disable=not progress, desc="sampling") as bar:
        for start in range(0, N, together):
            indices = range(start, min(N, start + together))
            x_0 = torch.empty(0)
            for step in chain(checkpoint, indices, labels[start : indices.stop], **settings):
                x_0 = step.x_s
                bar.update(len(indices))
            images.append(to_uint8(x_0.cpu()))
    return torch.cat(images).permute(0, 2, 3, 1).contiguous().numpy()
