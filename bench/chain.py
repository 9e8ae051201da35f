"""The ancestral chain against diffusers' own loop, on the same weights and the same noises."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import diffusers
import torch

from ddpm_playground.core import Sampling, SeededNoise
from ddpm_playground.engine.device import pick_device
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.checkpoints.shipped import SHIPPED
from ddpm_playground.learn.judging.samples import chain

from .row import Row, interleaved

GOALS = {"cpu": {1: "≥ 3", 16: "≥ 1.7"}, "cuda": {1: "≥ 5", 64: "≥ 2"}, "mps": {1: "≥ 1", 16: "≥ 1"}}
# What is measured on a device; eager takes the place of an engine that cannot be had, and the row then says so.
MEASURED = {"cpu": ("auto",), "cuda": ("cuda-graph", "cuda-graph-fp32"), "mps": ("auto",)}


def ours(checkpoint: Checkpoint, batch: int, num_steps: int) -> torch.Tensor:
    """x_0 of the project's chain, (B,C,H,W)."""
    x = torch.empty(0)
    labels = torch.arange(batch) % len(checkpoint.class_names)
    sampling = Sampling(num_steps=num_steps, spacing="leading")
    for step in chain(checkpoint, range(batch), labels, sampling):
        x = step.x_s
    return x.cpu()


@torch.no_grad()
def theirs(checkpoint: Checkpoint, batch: int, num_steps: int) -> torch.Tensor:
    """x_0 of the loop in diffusers' documentation, eager float32."""
    device = checkpoint.device
    scheduler = cast(diffusers.DDPMScheduler, diffusers.DDPMScheduler.from_config(checkpoint.scheduler_config))
    scheduler.set_timesteps(num_steps)
    noise = SeededNoise(0, range(batch), checkpoint.image_shape, device)
    x, labels = noise(), (torch.arange(batch) % len(checkpoint.class_names)).to(device)
    for timestep in scheduler.timesteps:
        eps_hat = checkpoint.unet(x, timestep, class_labels=labels).sample
        x = scheduler.step(eps_hat, timestep, x, generator=noise.generators).prev_sample  # type: ignore[arg-type]
    return x.cpu()


def rows(num_steps: int, rounds: int) -> Iterator[Row]:
    """One row for each batch size that has a goal on this device."""
    device = pick_device()
    plain = load_checkpoint(SHIPPED / "mnist", device)
    plain.unet.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    for engine in MEASURED[device.type]:
        fast = load_checkpoint(SHIPPED / "mnist", device).on(engine)
        for batch, goal in GOALS[device.type].items():
            for side in (partial(ours, fast), partial(theirs, plain)):
                side(batch, 5)
            here, there = interleaved(
                partial(ours, fast, batch, num_steps), partial(theirs, plain, batch, num_steps), rounds=rounds
            )
            what = f"{num_steps}-step ancestral chain, batch {batch}, {fast.engine}"
            yield Row(what, here, "diffusers' loop, eager float32", there, "s", there / here, goal)


def drift(num_steps: int, batch: int = 16) -> Iterator[str]:
    """How far x_0 of the whole chain lies from that of the same chain in eager, a line for each engine."""
    device = pick_device()
    eager = ours(load_checkpoint(SHIPPED / "mnist", device).on("eager"), batch, num_steps)
    for engine in MEASURED[device.type]:
        fast = load_checkpoint(SHIPPED / "mnist", device).on(engine)
        difference = (ours(fast, batch, num_steps) - eager).abs()
        yield (
            f"x_0 after {num_steps} steps, {batch} pictures, {fast.engine} against eager with the same noises: "
            f"largest |Δ| {difference.max():.1e}, mean {difference.mean():.1e} on the scale −1…1"
        )
