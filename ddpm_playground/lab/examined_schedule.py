"""What the examinations look at: a schedule, its config, and what follows from both, computed once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch

from ..bridge.diffusers_config import BETA_KEYS, class_defaults
from ..core.phrase import Refusal
from .patching import with_keys
from .read_schedule import ReadSchedule, schedule_of_config, subject_of_config
from .sampling_record import SamplingRecord, record_of

# Numbers of sampling steps that are examined where none are asked for.
STEPS = (10, 20, 50)
# What makes a class take its steps from other σ than those of its table.
OTHER_SIGMAS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_flow_sigmas", "use_lu_lambdas")


@dataclass(frozen=True, eq=False)
class ExaminedSchedule(ReadSchedule):
    """A schedule as it was read and the sampling steps to examine it with; what follows from both is computed once.

    Attributes:
        steps: numbers of sampling steps to examine.
        timesteps: asked for by number, diffusers' own, in the stead of `steps`; None for the class's.
        sigmas: the same of σ; at most one of the two.
    """

    steps: tuple[int, ...] = STEPS
    timesteps: tuple[float, ...] | None = None
    sigmas: tuple[float, ...] | None = None

    @classmethod
    def of(
        cls,
        read: ReadSchedule,
        steps: Sequence[int] = STEPS,
        timesteps: Sequence[float] | None = None,
        sigmas: Sequence[float] | None = None,
    ) -> "ExaminedSchedule":
        """What was read, with these steps.

        Raises:
            ValueError: a number of steps below 1; timesteps and sigmas both.
        """
        _check_steps(steps, timesteps, sigmas)
        asked_t, asked_sigmas = (None if one is None else tuple(float(v) for v in one) for one in (timesteps, sigmas))
        known = {one.name: getattr(read, one.name) for one in fields(ReadSchedule)}
        return cls(**known, steps=tuple(steps), timesteps=asked_t, sigmas=asked_sigmas)

    @cached_property
    def betas(self) -> torch.Tensor:
        """β_1…β_T, (T,)."""
        return self.schedule.betas[1:]

    @cached_property
    def sound(self) -> bool:
        """Whether every β_t is a number in [0, 1], so that ᾱ_t means something."""
        return bool(((self.betas >= 0) & (self.betas <= 1)).all())

    @cached_property
    def first_zero(self) -> int | None:
        """The first t with ᾱ_t = 0, if there is one."""
        zero = (self.schedule.alpha_bars == 0).nonzero()
        return int(zero[0, 0]) if len(zero) else None

    @property
    def terminal_snr(self) -> float:
        """SNR(T) of the training table."""
        return float(self.schedule.snr[-1])

    @property
    def class_name(self) -> str:
        """The scheduler class, as diffusers takes a config without one."""
        return self.config.get("_class_name", "DDPMScheduler")

    @cached_property
    def takes(self) -> Mapping[str, Any] | None:
        """What the config's class takes and its defaults; None where there is no config or no such class."""
        return class_defaults(self.class_name) if self.config else None

    def value(self, key: str) -> Any:
        """What the config says of a key that its class takes; None of a key that the class ignores."""
        return self.config.get(key) if self.takes is None or key in self.takes else None

    @property
    def spacing(self) -> str | None:
        """The spacing that the config names, where the class has a choice."""
        spacing = self.value("timestep_spacing")
        if spacing is None and self.config and "_class_name" not in self.config:
            spacing = "leading"
        return spacing if isinstance(spacing, str) else None

    @property
    def predicts_eps(self) -> bool:
        """Whether the network's output is ε itself: EDM's is preconditioned, flow matching's is a velocity."""
        other = "sigma_data" in self.config or self.config.get("use_flow_sigmas") or "shift" in (self.takes or {})
        kind = "epsilon" if self.takes is None else self.takes.get("prediction_type", "")
        return bool(self.config) and self.config.get("prediction_type", kind) == "epsilon" and not other and kind != ""

    @property
    def other_sigmas(self) -> bool:
        """Whether sampling takes its σ from elsewhere than the training table."""
        named = any(self.value(key) for key in OTHER_SIGMAS)
        return self.stored == "sigma" or named or self.value("sigma_max") is not None

    @cached_property
    def runs_as(self) -> Mapping[str, Any]:
        """The config of what runs: with this schedule put in, where the config itself gives another."""
        try:
            same = torch.equal(schedule_of_config(self.config)[0].betas, self.schedule.betas)
        except ValueError:
            same = False
        if same or (self.takes is not None and "trained_betas" not in self.takes):
            return self.config
        own = {"trained_betas": self.betas.tolist(), "num_train_timesteps": self.schedule.T}
        return {**self.config, **own}

    @cached_property
    def keys(self) -> dict[str, Any]:
        """The config as its source would have it: without what its class's defaults fill in."""
        takes, given = self.takes or {}, self.given
        return {k: v for k, v in self.runs_as.items() if k in given or k not in takes or takes[k] != v}

    @cached_property
    def records(self) -> tuple[SamplingRecord, ...]:
        """What runs, for each number of steps that the schedule has; none without a config."""
        return tuple(self._records())

    def _records(self) -> Iterator[SamplingRecord]:
        if not self.config or not self.sound:
            return
        known = {"sample_size": self.sample_size, "latent": self.latent}
        if self.timesteps is not None or self.sigmas is not None:
            listed = self.timesteps if self.timesteps is not None else self.sigmas
            yield record_of(self.runs_as, len(listed or ()), timesteps=self.timesteps, sigmas=self.sigmas, **known)
            return
        for S in self.steps:
            # A table of T has T steps at most; continuous time (EDM, flow) has as many as the class takes.
            if S <= self.schedule.T or self.stored != "beta":
                record = record_of(self.runs_as, S, **known)
                if not (record.refused and S > self.schedule.T):
                    yield record

    @property
    def beyond(self) -> list[int]:
        """Numbers of steps that this T does not have."""
        if not self.sound or self.timesteps is not None or self.sigmas is not None:
            return []
        done = {record.num_steps for record in self.records}
        return [S for S in self.steps if S > self.schedule.T and S not in done]

    @property
    def sampling(self) -> list[SamplingRecord]:
        """The records that go from noise to data, or should, and got somewhere."""
        return [one for one in self.records if one.timesteps and one.log_snr and not self._inverts(one)]

    def _inverts(self, record: SamplingRecord) -> bool:
        """Whether a record goes from data to noise by design: its class does so, or it is a flow told backwards."""
        if not record.rising or record.convention == "flow":
            return record.rising
        return self.class_inverts

    @property
    def class_inverts(self) -> bool:
        """Whether its class goes from data to noise by design."""
        return record_of({"_class_name": self.class_name}, 4).rising

    def with_patch(self, patch: Mapping[str, Any]) -> "ExaminedSchedule":
        """The same with keys of its config changed; a value of None leaves the key out.

        Raises:
            ValueError: what cannot be read as a schedule.
        """
        keys = with_keys(self.keys, patch)
        if BETA_KEYS & patch.keys() and "trained_betas" not in patch and self.runs_as is not self.config:
            keys.pop("trained_betas", None)
        subject = subject_of_config(keys)
        return replace(self, schedule=subject.schedule, config=subject.config, stored=subject.stored, given=keys)


def _check_steps(
    steps: Sequence[int], timesteps: Sequence[float] | None = None, sigmas: Sequence[float] | None = None
) -> None:
    for S in steps:
        if isinstance(S, bool) or not isinstance(S, int) or S < 1:
            raise Refusal(
                "a number of sampling steps must be a whole number from 1 up, got {got}; raise it", got=repr(S)
            )
    if timesteps is not None and sigmas is not None:
        raise Refusal("got timesteps and sigmas both; give one of the two")
