"""Walks along t: x_0 → x_1 → … (forward) and x_T → … → x_0 (reverse), one step at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .gaussian import Gaussian, Level, q_step
from .later import torch
from .phrase import Refusal
from .predictor import EpsPredictor, Prediction
from .sampler import Coefficients, clip, own_coefficients, step_coefficients, step_gaussian
from .sampling import Noise, Sampling, Step
from .schedule import Schedule


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
        self._on_cuda = torch.device(device).type == "cuda"
        self.generators = [torch.Generator().manual_seed(stream_seed(seed, i)) for i in indices]

    def __call__(self) -> torch.Tensor:
        draws = [torch.randn(self.shape, generator=generator) for generator in self.generators]
        z = torch.stack(draws)
        # Pinned memory is copied without waiting for it.
        return z.pin_memory().to(self.device, non_blocking=True) if self._on_cuda else z.to(self.device)


def stream_seed(seed: int, *stream: int | str) -> int:
    """A 63-bit seed for one of many independent streams of one seed."""
    text = ":".join(map(str, (seed, *stream)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A whole run: path (S+1 ints, T…0), xs (S+1,B,*D), eps_hats and x_hats_0 (S,B,*D)."""

    path: tuple[int, ...]
    xs: torch.Tensor
    eps_hats: torch.Tensor
    x_hats_0: torch.Tensor

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Trajectory:
        """The trajectory that these steps, in order, make."""
        return cls(
            path=(*(step.t for step in steps), steps[-1].s),
            xs=torch.stack([*(step.x_t for step in steps), steps[-1].x_s]),
            eps_hats=torch.stack([step.eps_hat for step in steps]),
            x_hats_0=torch.stack([step.x_hat_0 for step in steps]),
        )


def steps_along(path: Sequence[int]) -> list[tuple[int, int]]:
    """The steps (t, s) of a path.

    Raises:
        ValueError: a path that does not fall from t to 0.
    """
    steps = list(zip(path, path[1:], strict=False))
    if not steps or path[-1] != 0 or any(s >= t for t, s in steps):
        raise Refusal("a path must fall from t to 0, got {got}; use timestep_path", got=list(path)[:8])
    return steps


def take_step(
    schedule: Schedule,
    x_t: torch.Tensor,
    t: int | Level,
    raw: Prediction,
    c: Coefficients[float] | Coefficients[torch.Tensor],
    z: torch.Tensor | None,
    clip_x_0: bool,
) -> tuple[Prediction, Gaussian, torch.Tensor]:
    """From the network's prediction at x_t to x_s (Ho et al. 2020, algorithm 2, lines 3 and 4).

    Args:
        schedule: the noise schedule.
        x_t: (B,*D).
        t: 1…T, or its level.
        raw: the ε-predictor's output at x_t.
        c: the sampler's coefficients of this step.
        z: the draw, (B,*D); None to add none.
        clip_x_0: keep x̂_0 within [−1, 1].

    Returns:
        The prediction after clipping, p_θ(x_s | x_t), and x_s = mean + σ z.
    """
    prediction = clip(schedule, x_t, t, raw) if clip_x_0 else raw
    gaussian = step_gaussian(c, x_t, prediction)
    x_s = gaussian.mean if z is None else gaussian.mean + gaussian.variance.sqrt() * z
    return prediction, gaussian, x_s


def reverse(
    schedule: Schedule,
    predict: EpsPredictor,
    x_T: torch.Tensor,
    path: Sequence[int],
    noise: Noise,
    sampling: Sampling | None = None,
    *,
    label: torch.Tensor | None = None,
    **settings: Any,
) -> Iterator[Step]:
    """The reverse chain (Ho et al. 2020, algorithm 2), one Step at a time.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_T: x at path[0], (B,*D).
        path: t_S > … > 0, from `timestep_path`; num_steps and spacing of `sampling` are not looked at.
        noise: draws z, (B,*D); drawn once a step with s > 0, in order, also where it is not added.
        sampling: a sampler of SAMPLERS and what it is told; None for `Sampling()`.
        label: class of each image, (B,) int64, or None.
        settings: fields of Sampling, in the stead of those of `sampling`; `strength` is eta_or_w by its older name.

    Raises:
        ValueError: unknown sampler, eta_or_w outside [0, 1], or a path that does not fall.
        TypeError: no such setting.
    """
    if "strength" in settings:
        settings["eta_or_w"] = settings.pop("strength")
    how = replace(sampling or Sampling(), **settings)
    return _reverse(schedule, predict, x_T, path, noise, how, label)


def _reverse(
    schedule: Schedule, predict: EpsPredictor, x_T: torch.Tensor, path: Sequence[int], noise: Noise,
    sampling: Sampling, label: torch.Tensor | None,
) -> Iterator[Step]:  # fmt: skip
    x = x_T
    for t, s in steps_along(path):
        step_coefficients(schedule, sampling.sampler, sampling.eta_or_w, t, s)  # refuses before the network is asked
        raw = predict(x, torch.full((len(x),), t, dtype=torch.int64, device=x.device), label)
        coefficients = own_coefficients(schedule, sampling, t, s, raw)
        z = noise() if s > 0 else None
        prediction, (mean, variance), x_s = take_step(
            schedule, x, t, raw, coefficients, z if sampling.add_noise else None, sampling.clip_x_0
        )
        yield Step(t, s, x, raw.eps_hat, prediction.x_hat_0, mean, variance, z, x_s)
        x = x_s


def forward(schedule: Schedule, x_0: torch.Tensor, t: int, noise: Noise) -> Iterator[torch.Tensor]:
    """x_1, x_2, …, x_t, each drawn from q(x_t | x_{t−1}) with fresh noise (Ho et al. 2020, eq. 2)."""
    x = x_0
    for u in range(1, t + 1):
        mean, variance = q_step(schedule, x, u)
        x = mean + variance.sqrt() * noise()
        yield x
