"""A scheduler of diffusers as it stands drives a network: its own timesteps, its own step, every key of its config."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import EpsPredictor, Noise, Reverse, Sampler, Sampling, Schedule, Step
from ..core.later import torch
from ..core.phrase import Phrase, Refusal
from .bounds import check_cost, check_step
from .diffusers_config import beta_config
from .driven_steps import (
    REHEARSED,
    Asked,
    Call,
    Counted,
    Drawn,
    Rehearsal,
    Stepping,
    explodes,
    has_variance,
    heard,
    reads_variance,
    seen,
    shown,
    step_options,
)
from .scheduler_classes import Unauditable, options_of, unfit

# What set_timesteps is told where it has such an argument: RePaint goes back and forth otherwise, and Helios begins
# with stages of smaller pictures.
SET_TIMESTEPS = {"jump_n_sample": 1, "stage_index": 0}


@dataclass(frozen=True)
class DrivenSampler(Sampler):
    """A scheduler class of diffusers, built of a folder's config, as `from_config` and a loop of `step` run it.

    Attributes:
        class_name: the class.
        config: keys of a scheduler_config.json; None for the schedule alone, with ε-prediction.
        own: whether the config is that of this class, so that it may have a schedule of its own.
        said: how σ² is read that the network says, a key of core.LEARNED; None for one that says none to be read.
    """

    class_name: str
    config: Mapping[str, Any] | None = None
    own: bool = False
    said: str | None = None
    title: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", f"{self.class_name} (diffusers)")

    @property
    def clips_at_1(self) -> bool:
        """Whether the scheduler keeps x̂_0 within ±1."""
        usual, config = options_of(self._class()), self.config or {}
        clips = "clip_sample" in usual and config.get("clip_sample", usual["clip_sample"])
        return bool(clips) and config.get("clip_sample_range", 1.0) == 1.0

    def path(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> tuple[int, ...]:
        """t_S > … > 0, the nearest whole ones where the scheduler's are fractions; found by a rehearsal on zeros."""
        return (*(t for t, _ in self.rehearsed(schedule, sampling, start_t).steps), 0)

    def rehearsed(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> Rehearsal:
        """The whole chain on a few zeros, with a network that says 0: what it visits and draws.

        Raises:
            ValueError: the class cannot be built or run so, or leads from data to noise.
        """
        scheduler, first = self._ready(schedule, sampling, start_t)
        draws = Counted()
        x = torch.zeros(REHEARSED)
        learned = reads_variance(scheduler)

        def says(x_in: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            return torch.zeros_like(torch.cat([x_in, x_in], 1) if learned else x_in)

        steps = [(step.t, step.s) for step in self._steps(scheduler, schedule, says, x, draws, sampling, first)]
        if any(s >= t for t, s in steps):
            raise Refusal("{name} goes back and forth along t here; choose another", name=self.class_name)
        return Rehearsal(tuple(steps), draws.count)

    def scales(self, schedule: Schedule, sampling: Sampling) -> bool:
        """Whether the network is shown another x than the one that the scheduler steps."""
        return explodes(self._ready(schedule, sampling, None)[0])

    def steps(
        self,
        schedule: Schedule,
        predict: EpsPredictor,
        x_T: torch.Tensor,
        noise: Noise,
        sampling: Sampling,
        *,
        reverse: Reverse | None = None,
        label: torch.Tensor | None = None,
        start_t: int | None = None,
    ) -> Iterator[Step]:
        """The chain as the scheduler walks it, one Step for each interval t → s of the timesteps as shown.

        x_T has variance 1 and is multiplied by init_noise_sigma, as diffusers' pipelines do. The scheduler draws its
        z from `noise`, one after the other. mean is x_s and variance 0, since a step is not taken apart; x̂_0 is what
        the scheduler made of the network's output, where it says so. eta_or_w, spacing, clip_x_0 and `reverse` are
        not looked at: the config and sampling.options say all that.

        Raises:
            ValueError: as `rehearsed`, at the call; x stopped being finite, at that step.
        """
        scheduler, first = self._ready(schedule, sampling, start_t, x_T.device)
        x = x_T * torch.as_tensor(getattr(scheduler, "init_noise_sigma", 1.0)).to(x_T)
        x = x if start_t is None else self._begun(scheduler, schedule, x_T, start_t, first)
        asked = self._asking(predict, schedule, label, scheduler, sampling, first)
        return self._steps(scheduler, schedule, asked, x, noise, sampling, first)

    def _asking(
        self, predict: EpsPredictor, schedule: Schedule, label: torch.Tensor | None, scheduler: Any,
        sampling: Sampling, first: int,
    ) -> Any:  # fmt: skip
        """The network as the scheduler asks it: (x as it scales it, its timestep) → what it is answered."""
        return Asked(predict, schedule.T, label)

    def _leads_to_noise(self, scheduler: Any) -> bool:
        timesteps = scheduler.timesteps
        return len(timesteps) > 1 and float(timesteps[0]) < float(timesteps[-1])

    def _begun(self, scheduler: Any, schedule: Schedule, x_t: torch.Tensor, t: int, first: int) -> torch.Tensor:
        """x_t of variance 1 as the scheduler has it at its first-th timestep."""
        return x_t / float(schedule.alpha_bars[t]) ** 0.5 if explodes(scheduler) else x_t

    def _visits(self, scheduler: Any, schedule: Schedule) -> list[int]:
        """The paper's t of each of the scheduler's calls."""
        return [shown(timestep, schedule.T) for timestep in scheduler.timesteps]

    def _ready(
        self, schedule: Schedule, sampling: Sampling, start_t: int | None, device: torch.device | str = "cpu"
    ) -> tuple[Any, int]:
        """The scheduler with its timesteps set, and the number of the first one that is visited."""
        options, _ = self._options(sampling)
        scheduler = self.scheduler(schedule, options)
        taken, num_steps = inspect.signature(scheduler.set_timesteps).parameters, sampling.steps_of(schedule.T)
        extra: dict[str, Any] = {key: value for key, value in SET_TIMESTEPS.items() if key in taken}
        if "device" in taken:
            extra["device"] = device
        with self._told(Phrase("with {steps} steps", steps=num_steps)), np.errstate(all="ignore"):
            scheduler.set_timesteps(num_steps, **extra)
            self._prepare(scheduler, num_steps)
        if self._leads_to_noise(scheduler):
            raise Refusal(
                "{name} leads from data to noise, so it draws no picture; choose another", name=self.class_name
            )
        if start_t is None:
            return scheduler, 0
        visited = self._visits(scheduler, schedule)
        if start_t not in visited or len(set(visited)) < len(visited):
            near = sorted(set(visited), key=lambda t: abs(t - start_t))[:3]
            raise Refusal(
                "{name} can only begin at a t that it visits once, such as {near}, got {got}; move t, or choose ddpm "
                "or ddim",
                name=self.class_name,
                near=", ".join(map(str, near)),
                got=start_t,
            )
        first = visited.index(start_t)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        return scheduler, first

    def _prepare(self, scheduler: Any, num_steps: int) -> None:
        """Whatever else it is told after set_timesteps(S)."""

    def _options(self, sampling: Sampling) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was chosen, parted into the constructor's and step's.

        Raises:
            ValueError: neither has it.
        """
        the_class, given = self._class(), dict(sampling.options)
        built, stepped = options_of(the_class), step_options(the_class)
        for key in given:
            if key not in built and key not in stepped:
                raise Refusal(
                    "{name} has no option {key}; it has {known}",
                    name=self.class_name, key=repr(key)[:60], known=", ".join([*built, *stepped]) or "none",
                )  # fmt: skip
            if isinstance((built | stepped)[key], bool) and not isinstance(given[key], bool):
                raise Refusal("{key} must be true or false, got {got}; choose one", key=key, got=repr(given[key])[:60])
        check_step(given, stepped)
        return {k: v for k, v in given.items() if k in built}, {k: v for k, v in given.items() if k not in built}

    def _class(self) -> type:
        from .built import class_of

        try:
            return class_of({"_class_name": self.class_name})
        except Unauditable as why:
            raise Refusal("{name} cannot be run: {cause}", name=self.class_name, cause=why) from None

    def scheduler(self, schedule: Schedule, options: Mapping[str, Any]) -> Any:
        """The scheduler by from_config, as a user of diffusers exchanges one for another.

        Raises:
            ValueError: it takes no network of this schedule or prediction, refuses the options, or costs too much.
        """
        from .built import built

        known = options_of(self._class())
        config = beta_config(schedule) | {"prediction_type": "epsilon"} if self.config is None else dict(self.config)
        if not self.own:
            if "beta_schedule" not in known or "trained_betas" not in known:
                raise Refusal(unfit(self._class()))
            said = config.get("prediction_type", "epsilon")
            if "prediction_type" not in known and said != "epsilon":
                raise Refusal(
                    "{name} takes a network that says ε, this one says {said}; choose another",
                    name=self.class_name,
                    said=said,
                )
            if "snr_shift_scale" in known:  # it would change ᾱ_t
                config["snr_shift_scale"] = 1.0
        if not has_variance(self._class()):
            config.pop("variance_type", None)  # it would cut off all but 3 channels; `heard` leaves out σ²
        elif self.said is not None:
            options = {"variance_type": self.said, **options}
        keys = {**config, **options, "_class_name": self.class_name}
        left = keys.get("_use_default_values")
        keys["_use_default_values"] = [one for one in left if one not in options] if isinstance(left, list) else []
        check_cost(self.class_name, {key: value for key, value in keys.items() if not key.startswith("_")})
        try:
            return built(keys)
        except Unauditable as why:
            raise Refusal("{name} cannot be run: {cause}", name=self.class_name, cause=why) from None

    @contextlib.contextmanager
    def _told(self, where: Phrase) -> Iterator[None]:
        """What a scheduler raises, as a sentence."""
        try:
            yield
        except Refusal:
            raise
        except Exception as error:  # schedulers raise whatever their arithmetic meets
            raise Refusal(
                "{name} cannot run here: {where} it says {kind}: {error}",
                name=self.class_name, where=where, kind=type(error).__name__,
                error=" ".join(str(error).split())[:200],
            ) from None  # fmt: skip

    def _steps(
        self, scheduler: Any, schedule: Schedule, says: Any, x: torch.Tensor, noise: Noise, sampling: Sampling,
        first: int,
    ) -> Iterator[Step]:  # fmt: skip
        """The calls, those that belong to one interval as one Step."""
        begun: Call | None = None
        visited = [*self._visits(scheduler, schedule), 0]
        # Some chains end before their last timestep, and some have the clean picture's at the end.
        for i, call in enumerate(self._calls(scheduler, schedule, says, x, noise, sampling, first), first):
            begun = begun or call
            if call.inner or visited[i + 1] == begun.t:
                continue
            raw = seen(schedule, scheduler, begun)
            yield Step(begun.t, visited[i + 1], begun.x_in, *raw, call.x, call.x.new_zeros(()), call.z, call.x)
            begun = None

    def _calls(
        self, scheduler: Any, schedule: Schedule, says: Any, x: torch.Tensor, noise: Noise, sampling: Sampling,
        first: int,
    ) -> Iterator[Call]:  # fmt: skip
        _, stepped = self._options(sampling)
        step, drawn = Stepping(scheduler, stepped), Drawn(noise)
        if getattr(scheduler, "noise_sampler", step) is None:
            scheduler.noise_sampler = lambda *sigmas: drawn.draw()
        visited = self._visits(scheduler, schedule)
        for i, timestep in list(enumerate(scheduler.timesteps))[first:]:
            drawn.last = None
            with self._told(Phrase("at its timestep {t}", t=f"{float(timestep):g}")), np.errstate(all="ignore"):
                scaled = getattr(scheduler, "scale_model_input", None)
                x_in = x if scaled is None else scaled(x, timestep)
                output = heard(scheduler, x_in, says(x_in, timestep))
                with drawn:
                    answer = step(i, x, output)
            x, x_hat_0 = answer[0], getattr(answer, "pred_original_sample", None)
            self._check_finite(x, timestep)
            inner = not getattr(scheduler, "state_in_first_order", True)
            yield Call(visited[i], x_in, output, x_hat_0, drawn.last, x, inner and i + 1 < len(scheduler.timesteps))

    def _check_finite(self, x: torch.Tensor, timestep: torch.Tensor) -> None:
        if not bool(torch.isfinite(x).all()):
            raise Refusal(
                "{name} makes numbers that are not finite at its timestep {t}: its config and this network do not "
                "go together",
                name=self.class_name,
                t=f"{float(timestep):g}",
            )
