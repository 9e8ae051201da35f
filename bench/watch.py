"""What watching costs: a step of a small 64² network with and without, and what of it is bookkeeping."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

import ddpm_playground as pg

from .row import Row

SIDE, STEPS = 64, 10


def pipeline() -> DDIMPipeline:
    """A network of 64² colour pictures, 1.1 million weights: far less than one would train for them."""
    with torch.random.fork_rng(devices=[]):
        unet = UNet2DModel(
            sample_size=SIDE, block_out_channels=(32, 64, 64), layers_per_block=1, norm_num_groups=8,
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        )  # fmt: skip
    pipe = DDIMPipeline(unet.eval(), DDIMScheduler())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(pipe: Any, around: Callable[[], AbstractContextManager[Any]]) -> None:
    """A chain of STEPS steps."""
    with around():
        pipe(generator=torch.Generator().manual_seed(0), num_inference_steps=STEPS, output_type="np")


def bookkeeping(rounds: int) -> float:
    """Median seconds of a core that a step takes longer, in a loop without a network, where little else is seen."""
    scheduler: Any = DDIMScheduler()
    x = torch.zeros(1, 3, SIDE, SIDE)

    def loop(around: AbstractContextManager[Any]) -> float:
        scheduler.set_timesteps(100)
        with around:
            start, y = time.process_time(), x
            for t in scheduler.timesteps:
                y = scheduler.step(0.1 * y, t, y, return_dict=False)[0]
            return (time.process_time() - start) / len(scheduler.timesteps)

    loop(pg.watch(scheduler, open=None))
    differences = [loop(pg.watch(scheduler, open=None)) - loop(nullcontext()) for _ in range(10 * rounds)]
    return statistics.median(differences)


def cpu_seconds(way: Callable[[], object]) -> float:
    """Seconds of cores that a call takes, whoever else is at work on this machine."""
    start = time.process_time()
    way()
    return time.process_time() - start


def rows(rounds: int) -> Iterator[Row]:
    """Seconds of cores, not of the clock: the difference is too small for a clock on a machine that others use."""
    pipe = pipeline()
    run(pipe, lambda: pg.watch(pipe, open=None))
    plain = statistics.median(cpu_seconds(lambda: run(pipe, nullcontext)) for _ in range(rounds))
    own, step = 1000 * bookkeeping(rounds), 1000 * plain / STEPS
    yield Row("watch: added to a step, 64²", own, "the same step of a small network unwatched", step, "ms",
              1 + own / step, "≤ 1.02")  # fmt: skip
