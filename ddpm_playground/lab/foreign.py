"""diffusers' own schedulers behind the face of `core.chain.reverse`: a stream of Steps.

This module holds names only; diffusers, which is slow to import, is loaded when a chain starts.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..core import SPACINGS, EpsPredictor, Schedule, Step, clip, timestep_path


@dataclass(frozen=True)
class Foreign:
    """One diffusers scheduler.

    Attributes:
        title: its name as its paper has it.
        class_name: the class in diffusers.
        source: the paper.
        exploding: whether its x is x_t/√ᾱ_t (variance exploding) and not x_t.
        options: what its constructor is told beside the schedule and the spacing.
    """

    title: str
    class_name: str
    source: str
    exploding: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


FOREIGN: dict[str, Foreign] = {
    "dpmpp_2m": Foreign(
        "DPM-Solver++ 2M",
        "DPMSolverMultistepScheduler",
        "Lu et al. (2022), DPM-Solver++, algorithm 2",
        options={"algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint"},
    ),
    "euler": Foreign(
        "Euler", "EulerDiscreteScheduler", "Karras et al. (2022), algorithm 1 without correction", exploding=True
    ),
    "heun": Foreign("Heun", "HeunDiscreteScheduler", "Karras et al. (2022), algorithm 1", exploding=True),
    "unipc": Foreign(
        "UniPC", "UniPCMultistepScheduler", "Zhao et al. (2023)", options={"solver_order": 2, "solver_type": "bh2"}
    ),
}


def foreign_scheduler(
    schedule: Schedule, name: str, num_steps: int, spacing: str = "trailing", start_t: int | None = None
) -> Any:
    """The diffusers scheduler `name` on this schedule, with its timesteps set.

    The timesteps are diffusers' own for this spacing; where these are fractions (Euler and Heun with
    "linspace"), the nearest whole numbers, since a network knows whole t only. DPM-Solver++ and UniPC divide
    "leading" and "linspace" into S + 1 parts, so they visit other t than `core.timestep_path` there.

    Args:
        schedule: ᾱ_t > 0 and falling wherever it is visited.
        name: a key of FOREIGN.
        num_steps: S in [1, T].
        spacing: a key of core.SPACINGS.
        start_t: begin at this t, 1…T, and go on with the timesteps below it; None for the first one.

    Raises:
        ValueError: unknown name or spacing, S or start_t out of range, a t visited twice, or infinite or
            vanishing noise at a visited t.
    """
    if name not in FOREIGN:
        raise ValueError(f"unknown sampler {name!r}; choose one of {', '.join(FOREIGN)}")
    timestep_path(schedule.T, num_steps, spacing)
    if start_t is not None and start_t not in range(1, schedule.T + 1):
        raise ValueError(f"to start there, t must be a whole number in [1, {schedule.T}], got {start_t!r}; move t")
    import diffusers

    spec = FOREIGN[name]
    scheduler = getattr(diffusers, spec.class_name)(
        num_train_timesteps=schedule.T,
        trained_betas=schedule.betas[1:].tolist(),
        prediction_type="epsilon",
        timestep_spacing=spacing,
        **spec.options,
    )
    with np.errstate(all="ignore"):  # what is wrong with the numbers is told below
        scheduler.set_timesteps(num_steps)
        visited = list(dict.fromkeys(scheduler.timesteps.tolist()))
        # Its "trailing" adds −1 where T/S rounds badly (T = 1000, S = 499).
        whole = [round(timestep) for timestep in visited if timestep >= 0]
        if start_t is not None:
            whole = [int(start_t) - 1, *(timestep for timestep in whole if timestep < start_t - 1)]
        if whole != visited:
            _set_timesteps(scheduler, whole)
    if start_t is None and len(whole) < num_steps:
        others = ", ".join(other for other in SPACINGS if other != spacing)
        raise ValueError(
            f"{spec.title} with spacing {spacing!r} cannot part T = {schedule.T} into {num_steps} different steps; "
            f"lower num_steps or choose {others}"
        )
    sigmas = scheduler.sigmas[:-1]
    if not bool((torch.isfinite(sigmas) & (sigmas > 0)).all()):
        raise ValueError(
            f"{spec.title} works with √((1 − ᾱ_t)/ᾱ_t), which this schedule makes infinite or 0 at a visited t; "
            "use ddpm or ddim, or a schedule with ᾱ_T > 0 and β_1 > 0"
        )
    return scheduler


def _set_timesteps(scheduler: Any, timesteps: list[int]) -> None:
    """Make a scheduler visit these 0-based timesteps."""
    if "timesteps" in inspect.signature(scheduler.set_timesteps).parameters:
        scheduler.set_timesteps(timesteps=timesteps)
        return
    # UniPC takes none, but reads all it needs from these tables.
    scheduler.set_timesteps(len(timesteps))
    table = ((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5
    scheduler.timesteps = torch.tensor(timesteps)
    scheduler.sigmas = torch.cat([table[timesteps], table.new_zeros(1)])


def foreign_path(
    schedule: Schedule, name: str, num_steps: int, spacing: str = "trailing", start_t: int | None = None
) -> tuple[int, ...]:
    """t_S > … > t_1 > 0 that `foreign_reverse` visits, in the paper's t; see `foreign_scheduler`."""
    scheduler = foreign_scheduler(schedule, name, num_steps, spacing, start_t)
    return (*dict.fromkeys(int(timestep) + 1 for timestep in scheduler.timesteps), 0)


def foreign_reverse(
    schedule: Schedule,
    predict: EpsPredictor,
    x_T: torch.Tensor,
    num_steps: int,
    name: str,
    spacing: str = "trailing",
    *,
    label: torch.Tensor | None = None,
    clip_x_0: bool = True,
    start_t: int | None = None,
) -> Iterator[Step]:
    """The reverse chain as one of diffusers' schedulers walks it, one Step for each interval t → s.

    All four solve the probability-flow ODE, so no noise is drawn: mean is x_s, variance 0, z None. x_t, x̂_0
    and ε̂ mean what they mean in `core.reverse`; the variance-exploding x of Euler and Heun is brought to x_t
    by √ᾱ_t. Heun asks the network twice for each interval but the last; the Step shows the first answer, which
    is the one about x_t, and x_s from both.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_T: x at the first t of the path, (B,*D); at start_t where that is given.
        num_steps: S in [1, T]; fewer are taken from a start_t.
        name: a key of FOREIGN.
        spacing: a key of core.SPACINGS.
        label: class of each image, (B,) int64, or None.
        clip_x_0: keep x̂_0 within [−1, 1].
        start_t: begin here, with an x_T that has the noise of this t.

    Raises:
        ValueError: as `foreign_scheduler` says; raised at the call, before the first step.
    """
    scheduler = foreign_scheduler(schedule, name, num_steps, spacing, start_t)
    return _walk(scheduler, schedule, predict, x_T, FOREIGN[name].exploding, label, clip_x_0, start_t)


def _walk(
    scheduler: Any, schedule: Schedule, predict: EpsPredictor, x_T: torch.Tensor,
    exploding: bool, label: torch.Tensor | None, clip_x_0: bool, start_t: int | None,
) -> Iterator[Step]:  # fmt: skip
    sigmas = scheduler.sigmas
    # From pure noise the scheduler says how it starts; from an x_t the factor is the exact 1/√ᾱ_t.
    factor = scheduler.init_noise_sigma if start_t is None else (sigmas[0] ** 2 + 1) ** 0.5 if exploding else 1.0
    scheduler.set_begin_index(0)
    x = x_T * factor
    path = [int(timestep) + 1 for timestep in scheduler.timesteps] + [0]
    first: tuple[int, torch.Tensor, torch.Tensor, torch.Tensor] | None = None
    for i, timestep in enumerate(scheduler.timesteps):
        t = path[i]
        x_t = scheduler.scale_model_input(x, timestep)
        raw = predict(x_t, torch.full((len(x),), t, dtype=torch.int64, device=x.device), label)
        prediction = clip(schedule, x_t, t, raw) if clip_x_0 else raw
        x = scheduler.step(prediction.eps_hat, timestep, x).prev_sample
        first = first or (t, x_t, raw.eps_hat, prediction.x_hat_0)
        if i + 1 < len(scheduler.timesteps) and not getattr(scheduler, "state_in_first_order", True):
            continue  # Heun is half-way through this interval
        x_s = x / (sigmas[i + 1] ** 2 + 1) ** 0.5 if exploding else x
        t, x_t, eps_hat, x_hat_0 = first
        first = None
        yield Step(t, path[i + 1], x_t, eps_hat, x_hat_0, x_s, x_s.new_zeros(()), None, x_s)
