"""How pipelines of diffusers walk where their loop is no loop of the scheduler's `step`, call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..core.later import torch
from .driven_steps import Drawn

# (x as the network is shown it, its time) → what it says
Says = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
VP_TIMES = 999  # t = 1 of Song et al. (2021), in the time of their networks


class Turn(NamedTuple):
    """One interval: x at its level, what the network said there, x̂_0 where the scheduler says it, x afterwards."""

    x_at: torch.Tensor
    output: torch.Tensor
    x_hat_0: torch.Tensor | None
    x: torch.Tensor


def sde_ve(scheduler: Any, says: Says, x: torch.Tensor, drawing: Drawn, first: int, apart: bool) -> Iterator[Turn]:
    """As ScoreSdeVePipeline: some corrections, then a prediction, whose last draw is left out (Song et al. 2021).

    Args:
        scheduler: with its timesteps and σ.
        says: the network.
        x: in the scheduler's range.
        drawing: within it, draws are those of the chain.
        first: the number of the first timestep.
        apart: whether a correction's size is each picture's own; otherwise it is the batch's mean, as the pipeline
            has it, so that pictures depend on their companions.
    """
    last = len(scheduler.timesteps) - 1
    for i, timestep in list(enumerate(scheduler.timesteps))[first:]:
        sigma = scheduler.sigmas[i]
        for _ in range(scheduler.config.correct_steps):
            score = says(x, sigma)
            x = _corrected(scheduler, score, x, drawing, apart)
        x_at, score = x, says(x, sigma)
        with drawing:
            predicted = scheduler.step_pred(score, timestep, x)
        x = predicted.prev_sample_mean if i == last else predicted.prev_sample
        yield Turn(x_at, score, None, x)


def _corrected(scheduler: Any, score: torch.Tensor, x: torch.Tensor, drawing: Drawn, apart: bool) -> torch.Tensor:
    if not apart or len(x) == 1:
        with drawing:
            return scheduler.step_correct(score, x).prev_sample
    parts = []  # one draw for all, as elsewhere, and then a part of it for each
    for one, own, z in zip(score.split(1), x.split(1), drawing.draw().split(1), strict=True):
        with Drawn(lambda z=z: z):
            parts.append(scheduler.step_correct(one, own).prev_sample)
    return torch.cat(parts)


def sde_vp(scheduler: Any, says: Says, x: torch.Tensor, drawing: Drawn, first: int, apart: bool) -> Iterator[Turn]:
    """A loop of step_pred, whose last draw is left out (Song et al. 2021); arguments as `sde_ve`."""
    last = len(scheduler.timesteps) - 1
    for i, timestep in list(enumerate(scheduler.timesteps))[first:]:
        x_at, output = x, says(x, VP_TIMES * timestep)
        with drawing:
            drawn, mean = scheduler.step_pred(output, x, timestep)
        x = mean if i == last else drawn
        yield Turn(x_at, output, None, x)


def karras_ve(scheduler: Any, says: Says, x: torch.Tensor, drawing: Drawn, first: int, apart: bool) -> Iterator[Turn]:
    """As KarrasVePipeline: more noise, a step of Euler, and Heun's correction (Karras et al. 2022, algorithm 2).

    The network has pictures in [0, 1] and says a score, which the pipeline converts (their eq. 213). Arguments as
    `sde_ve`.
    """

    def noise_of(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return (sigma / 2) * says((x + 1) / 2, sigma / 2)

    for t in scheduler.timesteps[first:]:
        sigma = scheduler.schedule[t]
        after = scheduler.schedule[t - 1] if t > 0 else 0
        with drawing:
            more, raised = scheduler.add_noise_to_input(x, sigma)
        output = noise_of(more, raised)
        stepped = scheduler.step(output, raised, after, more)
        x_at, x_hat_0 = x, stepped.pred_original_sample
        if after != 0:
            again = noise_of(stepped.prev_sample, after)
            stepped = scheduler.step_correct(again, raised, after, more, stepped.prev_sample, stepped["derivative"])
        x = stepped.prev_sample
        yield Turn(x_at, output, x_hat_0, x)


def wuerstchen(scheduler: Any, says: Says, x: torch.Tensor, drawing: Drawn, first: int, apart: bool) -> Iterator[Turn]:
    """A loop of step up to the last timestep, which is the clean picture's, one timestep a picture; as `sde_ve`."""
    for timestep in scheduler.timesteps[first:-1]:
        x_at, output = x, says(x, timestep)
        with drawing:
            x = scheduler.step(output, timestep.expand(len(x)), x).prev_sample
        yield Turn(x_at, output, None, x)
