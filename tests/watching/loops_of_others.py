"""Loops and pipelines as people write them, with networks that cost nothing."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from diffusers import DDPMPipeline, UNet2DModel

from ddpm_playground.bridge.built import unwarned
from ddpm_playground.bridge.scheduler_classes import is_placeholder, scheduler_classes

SHAPES = {"pixel": (2, 3, 8, 8), "latent": (1, 4, 8, 8), "video": (1, 4, 3, 8, 8)}
STEPS = 4
# What these need to be walked is not had here: a tokenizer's ids, several resolutions, arguments of their own.
OTHER = {
    "AmusedScheduler", "BlockRefinementScheduler", "CogVideoXDPMScheduler", "DDPMWuerstchenScheduler",
    "DiscreteDDIMScheduler", "EntropyBoundScheduler", "HeliosDMDScheduler", "HeliosScheduler", "PiflowScheduler",
    "RFD4ProteinaScheduler", "RePaintScheduler", "SCMScheduler", "ScoreSdeVeScheduler", "VQDiffusionScheduler",
}  # fmt: skip


def usual_classes() -> list[str]:
    """Scheduler classes that a plain loop can walk with their defaults."""
    return [name for name, found in scheduler_classes().items() if name not in OTHER and not is_placeholder(found)]


def made(name: str, **options: Any) -> Any:
    """A scheduler with its timesteps set."""
    with np.errstate(all="ignore"), unwarned():
        scheduler = scheduler_classes()[name](**options)
        scheduler.set_timesteps(STEPS)
    return scheduler


def network(x: torch.Tensor, t: Any) -> torch.Tensor:
    """Some smooth function of x and t, of x's shape."""
    return torch.tanh(0.3 * x.float()).to(x.dtype) + 1e-4 * float(t)


def walk(
    scheduler: Any, shape: tuple[int, ...], *, return_dict: bool = True, timesteps: Any = None,
    between: Callable[[torch.Tensor, int], torch.Tensor] = lambda x, i: x, scale: bool = True,
    dtype: torch.dtype = torch.float32,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """A loop as the guides have it; where it ends, and the state of its generator."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator).to(dtype) * float(getattr(scheduler, "init_noise_sigma", 1.0))
    given = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
    with unwarned():
        for i, t in enumerate(scheduler.timesteps if timesteps is None else timesteps):
            seen = scheduler.scale_model_input(x, t) if scale and hasattr(scheduler, "scale_model_input") else x
            answer = scheduler.step(network(seen, t), t, x, return_dict=return_dict, **given)
            x = between(answer.prev_sample if return_dict else answer[0], i)
    return x, generator.get_state()


def tiny_pipeline(scheduler: Any, kind: type = DDPMPipeline) -> Any:
    """A pipeline of diffusers with a network of two blocks on 8×8 colour pictures."""
    with torch.random.fork_rng(devices=[]):
        unet = UNet2DModel(
            sample_size=8, in_channels=3, out_channels=3, block_out_channels=(8, 8), layers_per_block=1,
            norm_num_groups=4, down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2,
        )  # fmt: skip
    pipe = kind(unet=unet.eval(), scheduler=scheduler)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def drawn(pipe: Any, steps: int = 6) -> tuple[np.ndarray, torch.Tensor]:
    """What a pipeline makes, and the state of its generator."""
    generator = torch.Generator().manual_seed(1)
    out = pipe(batch_size=2, generator=generator, num_inference_steps=steps, output_type="np").images
    return out, generator.get_state()


def codes(findings: Any) -> Iterator[str]:
    """The codes of findings."""
    return (finding.code for finding in findings)
