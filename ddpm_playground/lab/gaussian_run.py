"""A scheduler's own walk on Gaussian data, in the numbers that users run it in.

Of data N(0, σ_d²) the best network is known: E[x_0 | x_t] is x_t times a number (Karras et al. 2022, eq. 4). So the
whole chain can be run, from the noise that a pipeline starts with to what it ends in, once with that network and
once with a little error in its output; how far the end spreads says what the steps do to data and to errors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from ..bridge.scheduler_classes import Unauditable
from .conventions import Convention, Known
from .driving import Stepping
from .probe import Blend

# EDM's σ_data: pixels in [−1, 1] have about this standard deviation (Karras et al. 2022, table 1).
DATA_STD = 0.5
# Standard deviation of the error in the network's output; 1 % of the ε that it predicts.
ERROR = 0.01
# Two walks side by side, of 64 × 64 numbers in one channel: their spread is then known to 2 %.
SHAPE = (2, 1, 64, 64)


@dataclass(frozen=True)
class Stop:
    """Where a walk ended before its end.

    Attributes:
        step: which call of step, from 1.
        calls: how many there would have been.
        timestep: as the scheduler counts it.
        told: what it raised; empty where its numbers stopped being finite.
    """

    step: int
    calls: int
    timestep: float
    told: str = ""


@dataclass(frozen=True)
class GaussianRun:
    """What a walk came to.

    Attributes:
        failed: where a step raised.
        not_finite: where a step gave NaN or ±∞.
        spread: standard deviation at the end with the exact network; None where the end was not reached.
        spread_with_error: the same with ERROR in the network's output.
    """

    failed: Stop | None = None
    not_finite: Stop | None = None
    spread: float | None = None
    spread_with_error: float | None = None


class Draws(TorchFunctionMode):
    """Within it, in this thread alone, normal draws come from one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Hand every call on, with that change."""
        kwargs = dict(kwargs or {})
        if func is torch.randn:
            kwargs["generator"] = self._generator
        elif func is torch.randn_like:
            x = args[0]
            return torch.randn(x.shape, generator=self._generator, dtype=x.dtype)
        return func(*args, **kwargs)


def gaussian_run(
    scheduler: Any, levels: Sequence[Blend], convention: Convention, *, calls: int, rising: bool, behind: bool
) -> GaussianRun:
    """The whole chain of a scheduler whose timesteps are set, in float32.

    Args:
        scheduler: is used up.
        levels: x_t at each of its timesteps.
        convention: what it takes the network's output for.
        calls: of step, as many as it has timesteps or one less (Wuerstchen's last is where the chain ends).
        rising: whether it goes from data to noise, so that it starts from data.
        behind: whether what it is handed at t is x of the timestep before; the network is asked at t all the same, as
            pipelines that invert do, and what that costs is part of the run.

    Raises:
        Unauditable: its step cannot be called.
    """
    generator = torch.Generator().manual_seed(0)
    timesteps, step = [float(t) for t in scheduler.timesteps][:calls], Stepping(scheduler)
    start = Blend(1.0, 0.0) if behind else levels[0]
    x_0 = DATA_STD * torch.randn(SHAPE, generator=generator)
    x = torch.randn(SHAPE, generator=generator)
    # One start for both, so that all the difference is the error's.
    x_0, x = x_0[:1].expand(SHAPE).clone(), x[:1].expand(SHAPE).clone()
    x = start.of_x_0 * x_0 + start.noise * x if rising else x * float(getattr(scheduler, "init_noise_sigma", 1.0))
    if getattr(scheduler, "noise_sampler", step) is None:
        scheduler.noise_sampler = lambda *sigmas: torch.randn(SHAPE, generator=generator)
    with Draws(generator), np.errstate(all="ignore"):
        for i, t in enumerate(timesteps):
            try:
                step.scaled(x, i)
                output = convention(scheduler, i, _best(x, levels[i]))
                output[1] += ERROR * torch.randn(SHAPE[1:], generator=generator)
                x = step(i, x, output.float(), x_0)
            except Unauditable:
                raise
            except Exception as error:
                told = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
                return GaussianRun(failed=Stop(i + 1, calls, t, told))
            if not bool(torch.isfinite(x).all()):
                return GaussianRun(not_finite=Stop(i + 1, calls, t))
    return GaussianRun(spread=float(x[0].std()), spread_with_error=float(x[1].std()))


def _best(x: torch.Tensor, level: Blend) -> Known:
    """What the best network for data of N(0, σ_d²) knows of x = a x_0 + b ε: x̂_0 = a σ_d²/(a² σ_d² + b²) x."""
    a, b = level.of_x_0, level.noise
    variance = a * a * DATA_STD**2 + b * b
    if not math.isfinite(variance) or variance == 0:
        return Known(x, torch.zeros_like(x), x / b if b else x, level)
    x_hat_0 = (a * DATA_STD**2 / variance) * x
    return Known(x, x_hat_0, (b / variance) * x, level)
