"""A run of any size without a network, to load the page with."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch

from ddpm_playground.bridge.all_samplers import sampler_named
from ddpm_playground.core import ExactEps, SeededNoise, Step, make_schedule, reverse, timestep_path
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.recipe import Recipe
from ddpm_playground.run import Run, Start

TINT = (1.0, 0.55, -0.2)


class Synthetic(Run):
    """A Run whose ε is exact for one bundled digit, enlarged and tinted.

    Args:
        recipe: its sampler, steps, images and seed count; its checkpoint does not.
        start: there is none; the chain begins with noise.
        shape: (C,H,W) of a picture.
        pause_s: how long each step takes at least.
    """

    def __init__(
        self,
        recipe: Recipe,
        start: Start | None = None,
        *,
        shape: tuple[int, int, int] = (3, 256, 256),
        pause_s: float = 0.0,
    ) -> None:
        self.recipe, self.start, self.shape, self.pause_s = recipe, start, shape, pause_s
        described = "exact ε of one digit"
        self.checkpoint: Any = SimpleNamespace(
            class_names=(),
            is_planar=False,
            latents=None,
            variance_type=None,
            described=lambda: described,
            timed_as="synthetic",
        )
        self.schedule = make_schedule("linear")
        self.count, self.clip_x_0 = recipe.num_images, recipe.clip_x_0
        self.sampling, self.sampler = recipe.sampling, sampler_named(recipe.sampler)
        self.labels = torch.full((self.count,), -1)
        self.path = timestep_path(self.schedule.T, recipe.num_steps, recipe.spacing)

    def __iter__(self) -> Iterator[Step]:
        C, H, W = self.shape
        digit = torch.nn.functional.interpolate(bundled_digits().x_0(slice(0, 1)), (H, W), mode="nearest")
        tint = torch.tensor(TINT[:C]).view(C, 1, 1)
        predict = ExactEps(self.schedule, (digit + 1.0) * (tint + 1.0) / 2.0 - 1.0)
        noise = SeededNoise(self.recipe.seed, range(self.count), self.shape)
        for step in reverse(
            self.schedule, predict, noise(), self.path, noise, self.sampling
        ):  # fmt: skip
            time.sleep(self.pause_s)
            yield step
