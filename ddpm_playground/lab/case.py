"""What the examinations look at: a schedule, its config, and what follows from both, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from ..core import SPACINGS, Schedule, timestep_path
from .audit import Audit, audit
from .diffusers_config import class_defaults


@dataclass(frozen=True, eq=False)
class Walk:
    """How a number of steps runs.

    Attributes:
        num_steps: S.
        visited: the t that are visited, highest first; as core spaces them where the class does not say.
        audit: the class's own walk, where there is one.
        refused: why the class cannot take these steps with this config, in its own words; empty if it can.
    """

    num_steps: int
    visited: tuple[float, ...]
    audit: Audit | None = None
    refused: str = ""


@dataclass(frozen=True, eq=False)
class Case:
    """A schedule under examination.

    Attributes:
        schedule: as it came, unchecked.
        config: its scheduler config, or empty.
        steps: numbers of sampling steps to examine.
        sample_size: side of the pictures in pixels, if known.
        latent: whether they are an autoencoder's latents.
        stored: what the source stores, a key of QUANTITIES.
    """

    schedule: Schedule
    config: Mapping[str, Any]
    steps: tuple[int, ...]
    sample_size: int | None = None
    latent: bool = False
    stored: str = "beta"

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
        """SNR(T)."""
        return float(self.schedule.snr[-1])

    @property
    def class_name(self) -> str:
        """The scheduler class, as diffusers takes a config without one."""
        return self.config.get("_class_name", "DDPMScheduler")

    @property
    def spacing(self) -> str | None:
        """The spacing that the config names, where the class has a choice."""
        default = "leading" if "_class_name" not in self.config else None
        spacing = self.config.get("timestep_spacing", default)
        return spacing if isinstance(spacing, str) else None

    @property
    def predicts_eps(self) -> bool:
        """Whether the network's output is ε itself: EDM's is preconditioned, flow matching's is a velocity."""
        other = "sigma_data" in self.config or self.config.get("use_flow_sigmas") or "shift" in self.config
        return bool(self.config) and self.config.get("prediction_type", "epsilon") == "epsilon" and not other

    @cached_property
    def takes(self) -> Mapping[str, Any] | None:
        """What the config's class takes and its defaults; None where there is no config or no such class."""
        return class_defaults(self.class_name) if self.config else None

    @property
    def refusals(self) -> list[tuple[int, str]]:
        """Numbers of steps at which the class itself refuses the config, and its words."""
        return [(walk.num_steps, walk.refused) for walk in self.walks if walk.refused]

    @cached_property
    def walks(self) -> tuple[Walk, ...]:
        """One walk for each number of steps that the schedule has; none without a config."""
        if not self.config or not self.sound:
            return ()
        possible = [S for S in self.steps if 1 <= S <= self.schedule.T]
        return tuple(self._walk(S) for S in possible)

    def _walk(self, num_steps: int) -> Walk:
        refused = ""
        if self.takes is not None:
            spacing = self.spacing if "timestep_spacing" in self.takes else None
            left_out = {"timestep_spacing", "trained_betas", "num_train_timesteps"}
            named = {key: v for key, v in self.config.items() if key in self.takes and key not in left_out}
            try:
                done = audit(self.class_name, num_steps, named, spacing, self.schedule)
            except ValueError as error:
                done, refused = None, str(error)
            if done is not None and done.reason and "set_timesteps(" in done.reason:
                refused = done.reason
            elif done is not None and done.timesteps:
                return Walk(num_steps, tuple(timestep + 1 for timestep in done.timesteps), done)
        spacing = self.spacing if self.spacing in SPACINGS else "leading"
        return Walk(num_steps, timestep_path(self.schedule.T, num_steps, spacing)[:-1], refused=refused)
