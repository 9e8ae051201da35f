"""A scheduler with noise levels of its own drives a network of DDPM's: it is asked at its own t of the same SNR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core import EpsPredictor, Sampling, Schedule, clip, same_noise_t
from ..core.later import torch
from .families import FAMILIES, FLOW, Family, flow_towards_data
from .family_sampler import FamilySampler
from .scheduler_classes import options_of

SMALL = 1e-3  # what x̂_0 is made of is looked at with numbers that no class clips
# Flows whose folders are not read here, since what their networks are told beside x_t is not known; their steps are.
OTHER_FLOWS = (
    "FlowMatchLCMScheduler", "FlowMapEulerDiscreteScheduler", "HeliosScheduler", "LTXEulerAncestralRFScheduler",
)  # fmt: skip


def _borrowed() -> dict[str, Family]:
    """Class → its family, of those whose loop asks the network once at each of its levels."""
    table = {
        name: family for family in FAMILIES if family.clean is not None and not family.from_0_to_1
        for name in family.classes if not name.startswith("ScoreSde")
    }  # fmt: skip
    return table | dict.fromkeys(OTHER_FLOWS, FLOW) | {"MiniMaxH3Scheduler": flow_towards_data()}


BORROWED: Mapping[str, Family] = _borrowed()


class Lent:
    """A network of DDPM's that answers what a family's network would, call by call.

    At a call it sees x_t of variance 1 at its own t of the nearest SNR, and its x̂_0 (clipped, if asked) becomes the
    output of which the scheduler makes that x̂_0.

    Attributes:
        apart: whether no picture may depend on its companions.
    """

    def __init__(
        self, predict: EpsPredictor, schedule: Schedule, scheduler: Any, family: Family, label: torch.Tensor | None,
        clip_x_0: bool, first: int,
    ) -> None:  # fmt: skip
        self._predict, self._schedule, self._scheduler, self._family = predict, schedule, scheduler, family
        self._label, self._clips, self._i = label, clip_x_0, first
        self._levels = family.levels(scheduler)
        self.apart = bool(getattr(predict, "apart", False))

    def __call__(self, x_in: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        i, scaled = self._i, getattr(self._scheduler, "scale_model_input", None)
        self._i += 1
        one = torch.ones(1, 1, 1, 1, device=x_in.device)
        x = x_in if scaled is None else x_in / scaled(one, timestep)
        signal, noise = (float(values[i]) for values in self._levels)
        x_t = self._family.at(x, signal, noise)
        t = same_noise_t(self._schedule, signal**2 / (signal**2 + noise**2))
        raw = self._predict(x_t, torch.full((len(x),), t, device=x.device), self._label)
        said = clip(self._schedule, x_t, t, raw) if self._clips else raw
        return self._output(i, x, said.x_hat_0)

    def _output(self, i: int, x: torch.Tensor, x_hat_0: torch.Tensor) -> torch.Tensor:
        """What the scheduler makes this x̂_0 of, which is a · x + b · output for each family."""
        clean, none = self._family.clean, torch.zeros(1, 1, 1, 1, dtype=torch.float64, device=x.device)
        assert clean is not None
        of_x, of_output = (
            float(clean(self._scheduler, i, *pair)) / SMALL for pair in ((none + SMALL, none), (none, none + SMALL))
        )
        return (x_hat_0 - of_x * x) / of_output


@dataclass(frozen=True)
class BorrowedSampler(FamilySampler):
    """A scheduler class of a family, with its own levels, on a network that was trained on β_t.

    Of sampling it takes clip_x_0 and the options of its constructor and step; its config is that of its class.
    """

    @classmethod
    def named(cls, class_name: str) -> BorrowedSampler:
        """The class of that name, a key of BORROWED."""
        return cls(class_name, {}, True, None, BORROWED[class_name])

    @property
    def clips_at_1(self) -> bool | None:  # type: ignore[override]
        """What is asked for says it."""
        return None

    def scheduler(self, schedule: Schedule, options: Mapping[str, Any]) -> Any:
        """The scheduler with at least T levels: a consistency model's has 40 by itself, and takes no more steps."""
        usual = options_of(self._class()).get("num_train_timesteps")
        if isinstance(usual, int) and usual < schedule.T:
            options = {"num_train_timesteps": schedule.T, **options}
        return super().scheduler(schedule, options)

    def _asking(
        self, predict: EpsPredictor, schedule: Schedule, label: torch.Tensor | None, scheduler: Any,
        sampling: Sampling, first: int,
    ) -> Any:  # fmt: skip
        return Lent(predict, schedule, scheduler, self.family, label, sampling.clip_x_0, first)

    def _leads_to_noise(self, scheduler: Any) -> bool:
        """By its levels: some count their time towards the data."""
        alpha_bars = self.family.levels(scheduler).alpha_bars
        return len(alpha_bars) > 1 and float(alpha_bars[0]) > float(alpha_bars[-1])
