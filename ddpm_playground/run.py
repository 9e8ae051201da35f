"""From a recipe to its reverse chain: the one seam between the screen and the mathematics."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING

import torch

from .core import (
    SAMPLERS,
    SeededNoise,
    Step,
    line_4_factors,
    q_sample,
    same_noise_t,
    step_coefficients,
    timestep_path,
)
from .engine.spaces import shared_gpu, with_shared_gpu
from .lab.foreign import FOREIGN, foreign_path, foreign_reverse
from .learn.data import MAX_SAMPLES, bundled_digits
from .learn.shelf import Shelf
from .recipe import POINTS_PER_IMAGE, Recipe, schedule_of

if TYPE_CHECKING:
    from .learn.checkpoint import Checkpoint


@dataclass(frozen=True, eq=False)
class Start:
    """A picture to denoise from, instead of pure noise at the first step.

    Attributes:
        t: where it stands on the schedule that noised it.
        x_t: (C,H,W).
        alpha_bar: ᾱ_t of that schedule; the chain begins at the checkpoint's t of the nearest SNR. None where
            t is the checkpoint's own.
    """

    t: int
    x_t: torch.Tensor
    alpha_bar: float | None = None


def start_of(recipe: Recipe) -> Start | None:
    """Forward's x_t of a recipe: its digit and noise in one step (Ho et al. 2020, eq. 4); None for t = 0."""
    if recipe.t == 0:
        return None
    schedule, x_0 = schedule_of(recipe), bundled_digits().x_0(slice(recipe.digit, recipe.digit + 1))
    eps = SeededNoise(recipe.noise_seed, [0], x_0.shape[1:])()
    x_t = q_sample(schedule, x_0, recipe.t, eps)[0]
    return Start(recipe.t, x_t, float(schedule.alpha_bars[recipe.t]))


@dataclass(frozen=True)
class StepNumbers:
    """The numbers of one step t → s as the screen shows them; None where the sampler has no such number."""

    t: int
    s: int
    alpha_bar: float
    snr: float
    sigma: float | None
    coef: tuple[float, float, float] | None
    line4: tuple[float, float] | None


@cache
def shelf() -> Shelf:
    """The checkpoints of this process."""
    return Shelf()


class Run:
    """A recipe made ready: its network, labels and path; iterate for the Steps.

    Args:
        recipe: what to run.
        start: where to start, or None for x_T ~ N(0, I).

    Attributes:
        count: N, how many chains run side by side.
        clip_x_0: whether x̂_0 is clipped to ±1; points in the plane never are.

    Raises:
        ValueError: no such checkpoint or class, more steps than T, or a start of another shape.
    """

    def __init__(self, recipe: Recipe, start: Start | None = None) -> None:
        self.recipe, self.start = recipe, start
        self.checkpoint: Checkpoint = shelf().load(recipe.checkpoint)
        self.schedule = self.checkpoint.schedule
        planar = self.checkpoint.is_planar
        self.count = recipe.num_images * (POINTS_PER_IMAGE if planar else 1)
        self.clip_x_0 = recipe.clip_x_0 and not planar
        self.labels = labels_of(recipe.label, self.count, len(self.checkpoint.class_names))
        self.shape = self.checkpoint.image_shape
        if start is not None and planar:
            raise ValueError(
                f"the network of {recipe.checkpoint!r} makes points in the plane, not pictures; "
                "start from noise, or choose another checkpoint"
            )
        if start is not None:
            if tuple(start.x_t.shape) != self.shape:
                raise ValueError(
                    f"the network of {recipe.checkpoint!r} knows pictures of {_size(self.shape)}, the picture is "
                    f"{_size(tuple(start.x_t.shape))}; choose that size and colour for x_0 in Forward first"
                )
            if start.alpha_bar is not None:
                self.start = start = replace(start, t=same_noise_t(self.schedule, start.alpha_bar), alpha_bar=None)
            if not 1 <= start.t <= self.schedule.T:
                raise ValueError(
                    f"to denoise, t must be in [1, {self.schedule.T}] on this checkpoint's schedule, got {start.t}; "
                    "move t"
                )
        self.path = self._path()

    def _path(self) -> tuple[int, ...]:
        recipe, start_t = self.recipe, self.start.t if self.start else None
        if recipe.sampler in FOREIGN:
            return foreign_path(self.schedule, recipe.sampler, recipe.num_steps, recipe.spacing, start_t)
        path = timestep_path(self.schedule.T, recipe.num_steps, recipe.spacing)
        return path if start_t is None else (start_t, *(t for t in path if t < start_t))

    def __iter__(self) -> Iterator[Step]:
        recipe, device = self.recipe, next(self.checkpoint.unet.parameters()).device
        noise = SeededNoise(recipe.seed, range(self.count), self.shape, device)
        x = noise()
        if self.start is not None:
            x = self.start.x_t.to(device).expand(self.count, *self.shape).clone()
        predict, label = self.checkpoint.predictor(recipe.guidance), self.labels.to(device)
        if recipe.sampler in FOREIGN:
            yield from foreign_reverse(
                self.schedule, predict, x, recipe.num_steps, recipe.sampler, recipe.spacing,
                label=label, clip_x_0=self.clip_x_0, start_t=self.start.t if self.start else None,
            )  # fmt: skip
            return
        yield from self.checkpoint.reverse(
            self.schedule, predict, x, self.path, noise, sampler=recipe.sampler, strength=recipe.strength,
            label=label, clip_x_0=self.clip_x_0, add_noise=recipe.add_noise,
        )  # fmt: skip

    def numbers(self, t: int, s: int) -> StepNumbers:
        """What stands beside the pictures of the step t → s."""
        recipe = self.recipe
        snr, alpha_bar = float(self.schedule.snr[t]), float(self.schedule.alpha_bars[t])
        if recipe.sampler not in SAMPLERS:
            return StepNumbers(t, s, alpha_bar, snr, None, None, None)
        c = step_coefficients(self.schedule, recipe.sampler, recipe.strength, t, s)
        line4 = line_4_factors(self.schedule, t, s) if recipe.sampler == "ddpm" else None
        sigma = c.variance**0.5 if recipe.add_noise else 0.0
        return StepNumbers(t, s, alpha_bar, snr, sigma, (c.of_x_0, c.of_x_t, c.of_eps), line4)


def _chain_on_cpu(recipe: Recipe, start: Start | None) -> Iterator[Step]:
    """The chain with every tensor on the CPU, for a worker process that has the GPU only while it runs."""
    for step in Run(recipe, start):
        values = ((field.name, getattr(step, field.name)) for field in fields(step))
        yield replace(step, **{name: value.cpu() for name, value in values if isinstance(value, torch.Tensor)})


def steps_of(run: Run) -> Iterator[Step]:
    """The run's steps; on a Hugging Face Space with a shared GPU, from a worker that holds that GPU."""
    if shared_gpu() is None:
        return iter(run)
    return with_shared_gpu(_chain_on_cpu)(run.recipe, run.start)


def _size(shape: tuple[int, ...]) -> str:
    C, H, W = shape
    return f"{H}×{W} {'grey' if C == 1 else 'colour'}"


def labels_of(label: str, count: int, num_classes: int) -> torch.Tensor:
    """Class of each of `count` pictures, (count,) int64: "all" is i mod num_classes, "none" is −1.

    Raises:
        ValueError: a class that the checkpoint does not have, or a count out of range.
    """
    if not 1 <= count <= MAX_SAMPLES:
        raise ValueError(f"the number of samples must be in [1, {MAX_SAMPLES}], got {count}; pick one in that range")
    if label == "none" or (label == "all" and num_classes == 0):
        return torch.full((count,), -1)
    if label == "all":
        return torch.arange(count) % num_classes
    if not label.isdecimal() or int(label) >= num_classes:
        raise ValueError(f"label must be all, none or in [0, {num_classes - 1}], got {label!r}; pick one of these")
    return torch.full((count,), int(label))
