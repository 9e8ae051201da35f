"""A scheduler with noise levels of its own drives a network: its own pipeline's loop, shown on the axis of log SNR."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Noise, Sampling, Schedule, Step, schedule_from_betas
from ..core.gaussian import Level
from ..core.later import torch
from ..core.phrase import Phrase, Refusal
from ..core.schedule import betas_from_alpha_bars, same_noise_t
from .diffusers_config import check_T
from .driven_sampler import DrivenSampler
from .driven_steps import REHEARSED, Call, Counted, Drawn, Rehearsal, heard, reads_variance
from .families import Family, Levels
from .scheduler_classes import options_of

# Classes that diffusers has left where they were, but exports no more, or only beside another library.
LEFT_BEHIND = {
    "KarrasVeScheduler": "diffusers.schedulers.deprecated.scheduling_karras_ve",
    "ScoreSdeVpScheduler": "diffusers.schedulers.deprecated.scheduling_sde_vp",
}
DEFAULT_T = 1000  # of a class that says none


@dataclass(frozen=True)
class FamilySampler(DrivenSampler):
    """A scheduler of a family with levels of its own; t is the nearest one on the schedule of these.

    x_t is shown at variance 1, x̂_0 as the scheduler has it, ε̂ = (x − signal · x̂_0)/noise.

    Attributes:
        family: how its network is asked and what it means.
    """

    family: Family = None  # type: ignore[assignment]

    @property
    def clips_at_1(self) -> bool:
        """Whether the scheduler keeps x̂_0 within ±1."""
        clips = (self.config or {}).get("clip_denoised", options_of(self._class()).get("clip_denoised", False))
        return bool(clips) or super().clips_at_1

    def trained(self) -> tuple[Schedule, Levels]:
        """The variance-preserving schedule with the SNR of its levels at T steps, and these.

        Raises:
            ValueError: the class cannot be built or run so, or has no finite levels.
        """
        config = self.config or {}
        usual = options_of(self._class()).get("num_train_timesteps", DEFAULT_T)
        T = check_T(config.get("num_train_timesteps", usual))
        unknown = schedule_from_betas(torch.zeros(T))  # of which T alone is looked at
        scheduler, _ = self._ready(unknown, Sampling(), None)
        with self._told(Phrase("with {steps} steps", steps=T)):
            levels = self.family.levels(scheduler)
        alpha_bars = levels.alpha_bars
        if not bool(torch.isfinite(alpha_bars).all()) or bool((levels.noise <= 0).any()):
            raise Refusal("{name} has no noise levels that are finite and above 0; correct them", name=self.class_name)
        table = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars.unique().flip(0)])
        return schedule_from_betas(betas_from_alpha_bars(table), self.family.title), levels

    def path(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> tuple[int, ...]:
        """t_S > … > 0, the nearest ones to its levels."""
        scheduler, first = self._ready(schedule, sampling, start_t)
        return (*dict.fromkeys(self._visits(scheduler, schedule)[first:]), 0)

    def rehearsed(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> Rehearsal:
        """The whole chain on a few zeros, with a network that says 1, of which no scheduler divides by 0."""
        path = self.path(schedule, sampling, start_t)
        scheduler, first = self._ready(schedule, sampling, start_t)
        draws, x = Counted(), torch.zeros(REHEARSED)

        def says(x_in: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            return torch.ones_like(torch.cat([x_in, x_in], 1) if reads_variance(scheduler) else x_in)

        for _ in self._calls(scheduler, schedule, says, x, draws, sampling, first):
            pass
        return Rehearsal(tuple(zip(path[:-1], path[1:], strict=True)), draws.count)

    def _class(self) -> type:
        if self.class_name in LEFT_BEHIND:
            return getattr(importlib.import_module(LEFT_BEHIND[self.class_name]), self.class_name)
        return super()._class()

    def scheduler(self, schedule: Schedule, options: Mapping[str, Any]) -> Any:
        """The scheduler by from_config; whoever has its levels of the config needs no β_t."""
        if self.class_name not in LEFT_BEHIND:
            return super().scheduler(schedule, options)
        known = options_of(self._class())
        with self._told(Phrase("as its config has it")):
            given = {key: value for key, value in {**(self.config or {}), **options}.items() if key in known}
            return self._class().from_config(given)  # type: ignore[attr-defined]

    def _prepare(self, scheduler: Any, num_steps: int) -> None:
        self.family.prepare(scheduler, num_steps)

    def _visits(self, scheduler: Any, schedule: Schedule) -> list[int]:
        return [same_noise_t(schedule, alpha_bar) for alpha_bar in self.family.levels(scheduler).alpha_bars.tolist()]

    def _begun(self, scheduler: Any, schedule: Schedule, x_t: torch.Tensor, t: int, first: int) -> torch.Tensor:
        signal, noise = (float(values[first]) for values in self.family.levels(scheduler))
        return self.family.back(x_t, signal, noise)

    def _steps(
        self, scheduler: Any, schedule: Schedule, says: Any, x: torch.Tensor, noise: Noise, sampling: Sampling,
        first: int,
    ) -> Iterator[Step]:  # fmt: skip
        """The calls, those at one t as one Step, x_t and x_s at variance 1 and the last one a picture in [−1, 1]."""
        levels, visited = self.family.levels(scheduler), [*self._visits(scheduler, schedule), 0]
        at, begun = x, None
        for i, call in enumerate(self._calls(scheduler, schedule, says, x, noise, sampling, first), first):
            x_at = at if self.family.walk is None else call.x_in
            begun, at = begun or (i, call, x_at), call.x
            if call.inner or visited[i + 1] == begun[1].t:
                continue
            if visited[i + 1] == 0:
                x_s = self.family.pictured(call.x, 1.0)
            else:
                x_s = self.family.at(call.x, *(float(values[i + 1]) for values in levels))
            yield self._shown(scheduler, schedule, levels, *begun, visited[i + 1], x_s, call.z)
            begun = None

    def _shown(
        self, scheduler: Any, schedule: Schedule, levels: Levels, i: int, call: Call, x_at: torch.Tensor, s: int,
        x_s: torch.Tensor, z: torch.Tensor | None,
    ) -> Step:  # fmt: skip
        """Call i, at x_at in the scheduler's range, as a Step to x_s."""
        family, (signal, noise) = self.family, (float(values[i]) for values in levels)
        x_hat_0 = call.x_hat_0
        if x_hat_0 is None and family.clean is not None:
            x_hat_0 = family.clean(scheduler, i, x_at, call.output)
        assert x_hat_0 is not None  # one of the two says it
        x_t, x_hat_0 = family.at(x_at, signal, noise), family.pictured(x_hat_0, 1.0).to(x_at)
        eps_hat = family.eps_hat(schedule, x_t, x_hat_0, Level(x_t.new_tensor(signal), x_t.new_tensor(noise)))
        return Step(call.t, s, x_t, eps_hat, x_hat_0, x_s, x_s.new_zeros(()), z, x_s)

    def _calls(
        self, scheduler: Any, schedule: Schedule, says: Any, x: torch.Tensor, noise: Noise, sampling: Sampling,
        first: int,
    ) -> Iterator[Call]:  # fmt: skip
        if self.family.walk is None:
            yield from super()._calls(scheduler, schedule, says, x, noise, sampling, first)
            return
        drawn, visited = Drawn(noise), self._visits(scheduler, schedule)

        def half(x_in: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            return heard(scheduler, x_in, says(x_in, timestep))

        turns = self.family.walk(scheduler, half, x, drawn, first, getattr(says, "apart", False))
        for t, timestep in zip(visited[first:], scheduler.timesteps[first:], strict=False):
            drawn.last = None
            with self._told(Phrase("at its timestep {t}", t=f"{float(timestep):g}")), np.errstate(all="ignore"):
                turn = next(turns)
            self._check_finite(turn.x, timestep)
            yield Call(t, turn.x_at, turn.output, turn.x_hat_0, drawn.last, turn.x, False)
