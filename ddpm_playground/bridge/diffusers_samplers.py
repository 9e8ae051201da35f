"""diffusers' own schedulers as Samplers: a path of timesteps and a stream of Steps.

diffusers, which is slow to import, is loaded when a path or a chain is asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import (
    SPACINGS,
    EpsPredictor,
    Noise,
    Reverse,
    Sampler,
    Sampling,
    Schedule,
    Step,
    clip,
    timestep_path,
)
from ..core.checks import whole_number
from ..core.later import torch
from ..core.phrase import Refusal


@dataclass(frozen=True)
class DiffusersSampler(Sampler):
    """One of diffusers' schedulers, which solves the probability-flow ODE.

    Attributes:
        title: its name as its paper has it.
        class_name: the class in diffusers.
        source: the paper.
        variance_exploding: whether its x is x_t/√ᾱ_t and not x_t.
        options: what its constructor is told beside the schedule and the spacing.
    """

    title: str
    class_name: str
    source: str
    variance_exploding: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def path(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> tuple[int, ...]:
        """t_S > … > t_1 > 0 in the paper's t; see `diffusers_scheduler`."""
        scheduler = diffusers_scheduler(schedule, self, sampling.steps_of(schedule.T), sampling.spacing, start_t)
        return (*dict.fromkeys(int(timestep) + 1 for timestep in scheduler.timesteps), 0)

    def steps(
        self,
        schedule: Schedule,
        predict: EpsPredictor,
        x_T: torch.Tensor,
        noise: Noise | None,
        sampling: Sampling,
        *,
        reverse: Reverse | None = None,
        label: torch.Tensor | None = None,
        start_t: int | None = None,
    ) -> Iterator[Step]:
        """The reverse chain as the scheduler walks it, one Step for each interval t → s.

        No noise is drawn: mean is x_s, variance 0, z None; eta_or_w, add_noise and `reverse` are not looked at. x_t,
        x̂_0 and ε̂ mean what they mean in `core.reverse`; the variance-exploding x of Euler and Heun is brought to x_t
        by √ᾱ_t. Heun asks the network twice for each interval but the last; the Step shows the first answer, which
        is the one about x_t, and x_s from both.

        Raises:
            ValueError: as `diffusers_scheduler` says; raised at the call, before the first step.
        """
        scheduler = diffusers_scheduler(schedule, self, sampling.steps_of(schedule.T), sampling.spacing, start_t)
        return self._steps(scheduler, schedule, predict, x_T, label, sampling.clip_x_0, start_t is not None)

    def _steps(
        self, scheduler: Any, schedule: Schedule, predict: EpsPredictor, x_T: torch.Tensor,
        label: torch.Tensor | None, clip_x_0: bool, from_x_t: bool,
    ) -> Iterator[Step]:  # fmt: skip
        sigmas = scheduler.sigmas
        # From pure noise the scheduler says how it starts; from an x_t the factor is the exact 1/√ᾱ_t.
        factor = scheduler.init_noise_sigma
        if from_x_t:
            factor = (sigmas[0] ** 2 + 1) ** 0.5 if self.variance_exploding else 1.0
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
            x_s = x / (sigmas[i + 1] ** 2 + 1) ** 0.5 if self.variance_exploding else x
            t, x_t, eps_hat, x_hat_0 = first
            first = None
            yield Step(t, path[i + 1], x_t, eps_hat, x_hat_0, x_s, x_s.new_zeros(()), None, x_s)


def diffusers_scheduler(
    schedule: Schedule, spec: DiffusersSampler, num_steps: int, spacing: str = "trailing", start_t: int | None = None
) -> Any:
    """The scheduler of a DiffusersSampler on this schedule, with its timesteps set.

    The timesteps are diffusers' own for this spacing; where these are fractions (Euler and Heun with
    "linspace"), the nearest whole numbers, since a network knows whole t only. DPM-Solver++ and UniPC divide
    "leading" and "linspace" into S + 1 parts, so they visit other t than `core.timestep_path` there.

    Args:
        schedule: ᾱ_t > 0 and falling wherever it is visited.
        spec: which scheduler.
        num_steps: S in [1, T].
        spacing: a key of core.SPACINGS.
        start_t: begin at this t, 1…T, and go on with the timesteps below it; None for the first one.

    Raises:
        ValueError: unknown spacing, S or start_t out of range, a t visited twice, or infinite or
            vanishing noise at a visited t.
    """
    timestep_path(schedule.T, num_steps, spacing)
    if start_t is not None:
        whole_number("t", start_t, 1, schedule.T, "move it")
    import diffusers

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
        raise Refusal(
            "{title} with spacing {spacing} cannot part T = {T} into {num_steps} different steps; lower num_steps or "
            "choose {others}",
            title=spec.title,
            spacing=repr(spacing),
            T=schedule.T,
            num_steps=num_steps,
            others=others,
        )
    sigmas = scheduler.sigmas[:-1]
    if not bool((torch.isfinite(sigmas) & (sigmas > 0)).all()):
        raise Refusal(
            "{title} works with √((1 − ᾱ_t)/ᾱ_t), which this schedule makes infinite or 0 at a visited t; use ddpm "
            "or ddim, or a schedule with ᾱ_T > 0 and β_1 > 0",
            title=spec.title,
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


DIFFUSERS_SAMPLERS: dict[str, DiffusersSampler] = {
    "dpmpp_2m": DiffusersSampler(
        "DPM-Solver++ 2M",
        "DPMSolverMultistepScheduler",
        "Lu et al. (2022), DPM-Solver++, algorithm 2",
        options={"algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint"},
    ),
    "euler": DiffusersSampler(
        "Euler",
        "EulerDiscreteScheduler",
        "Karras et al. (2022), algorithm 1 without correction",
        variance_exploding=True,
    ),
    "heun": DiffusersSampler(
        "Heun", "HeunDiscreteScheduler", "Karras et al. (2022), algorithm 1", variance_exploding=True
    ),
    "unipc": DiffusersSampler(
        "UniPC", "UniPCMultistepScheduler", "Zhao et al. (2023)", options={"solver_order": 2, "solver_type": "bh2"}
    ),
}
