"""Walks along t: x_0 → x_1 → … (forward) and x_T → … → x_0 (reverse), one step at a time."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from .gaussian import q_step
from .predictor import EpsPredictor
from .sampler import clip, step_coefficients, step_gaussian
from .schedule import Schedule


class Noise(Protocol):
    """A source of standard normal draws; each call is the next draw."""

    def __call__(self) -> torch.Tensor: ...


class SeededNoise:
    """N(0, I) draws in which image i depends on (seed, i) alone, not on how many images there are.

    Args:
        seed: 0…2⁶³ − 1.
        indices: the image numbers of this batch.
        shape: shape of one image, *D.
        device: where the draws are wanted; they are made on the CPU, so every device sees the same.
    """

    def __init__(
        self, seed: int, indices: Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu"
    ) -> None:
        self.shape, self.device = tuple(shape), device
        self.generators = [torch.Generator().manual_seed(stream_seed(seed, i)) for i in indices]

    def __call__(self) -> torch.Tensor:
        draws = [torch.randn(self.shape, generator=generator) for generator in self.generators]
        return torch.stack(draws).to(self.device)


def stream_seed(seed: int, *stream: int | str) -> int:
    """A 63-bit seed for one of many independent streams of one seed."""
    text = ":".join(map(str, (seed, *stream)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True, eq=False)
class Step:
    """One step t → s: what went in, what was predicted, and the Gaussian that x_s was drawn from."""

    t: int
    s: int
    x_t: torch.Tensor
    eps_hat: torch.Tensor
    x_hat_0: torch.Tensor
    mean: torch.Tensor
    variance: torch.Tensor
    z: torch.Tensor | None
    x_s: torch.Tensor


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A whole run: path (S+1 ints, T…0), xs (S+1,B,*D), eps_hats and x_hats_0 (S,B,*D)."""

    path: tuple[int, ...]
    xs: torch.Tensor
    eps_hats: torch.Tensor
    x_hats_0: torch.Tensor

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Trajectory":
        """The trajectory that these steps, in order, make."""
        return cls(
            path=(*(step.t for step in steps), steps[-1].s),
            xs=torch.stack([*(step.x_t for step in steps), steps[-1].x_s]),
            eps_hats=torch.stack([step.eps_hat for step in steps]),
            x_hats_0=torch.stack([step.x_hat_0 for step in steps]),
        )


def reverse(
    schedule: Schedule,
    predict: EpsPredictor,
    x_T: torch.Tensor,
    path: Sequence[int],
    noise: Noise,
    *,
    sampler: str = "ddpm",
    strength: float = 0.0,
    label: torch.Tensor | None = None,
    clip_x_0: bool = True,
    add_noise: bool = True,
) -> Iterator[Step]:
    """The reverse chain (Ho et al. 2020, algorithm 2), one Step at a time.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_T: x at path[0], (B,*D).
        path: t_S > … > 0, from `timestep_path`.
        noise: draws z, (B,*D); drawn once a step with s > 0, in order, also where it is not added.
        sampler: a key of SAMPLERS.
        strength: the sampler's own number in [0, 1]: w for ddpm, η for ddim.
        label: class of each image, (B,) int64, or None.
        clip_x_0: keep x̂_0 within [−1, 1].
        add_noise: False leaves σz out, to see what it is for.

    Raises:
        ValueError: unknown sampler, strength outside [0, 1], or a path that does not fall.
    """
    if len(path) < 2 or path[-1] != 0 or any(s >= t for t, s in zip(path, path[1:], strict=False)):
        raise ValueError(f"a path must fall from t to 0, got {list(path)[:8]}; use timestep_path")
    x = x_T
    for t, s in zip(path, path[1:], strict=False):
        coefficients = step_coefficients(schedule, sampler, strength, t, s)
        raw = predict(x, torch.full((len(x),), t, dtype=torch.int64, device=x.device), label)
        prediction = clip(schedule, x, t, raw) if clip_x_0 else raw
        mean, variance = step_gaussian(coefficients, x, prediction)
        z = noise() if s > 0 else None
        x_s = mean + variance.sqrt() * z if z is not None and add_noise else mean
        yield Step(t, s, x, raw.eps_hat, prediction.x_hat_0, mean, variance, z, x_s)
        x = x_s


def forward(schedule: Schedule, x_0: torch.Tensor, t: int, noise: Noise) -> Iterator[torch.Tensor]:
    """x_1, x_2, …, x_t, each drawn from q(x_t | x_{t−1}) with fresh noise (Ho et al. 2020, eq. 2)."""
    x = x_0
    for u in range(1, t + 1):
        mean, variance = q_step(schedule, x, u)
        x = mean + variance.sqrt() * noise()
        yield x
