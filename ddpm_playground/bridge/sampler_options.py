"""Which options of a scheduler class may be chosen for a network, and what each is where nobody chooses."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from ..core import LEARNED, SPACINGS, Schedule
from .diffusers_config import BETA_KEYS
from .driven_sampler import DrivenSampler
from .driven_steps import config_of, step_options

Kind = Literal["switch", "choice", "number", "whole"]
# What a network was trained for: another value would ask it for something else.
TRAINED = BETA_KEYS | {
    "prediction_type", "snr_shift_scale", "use_flow_sigmas", "flow_shift", "sigma_data", "timestep_type",
    "timestep_scaling", "scaler", "s",
}  # fmt: skip
# What follows from the size of a picture, which set_timesteps would have to be told, or changes that size.
OF_SIZES = {
    "use_dynamic_shifting", "base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len", "time_shift_type",
    "upscale_mode",
}  # fmt: skip
# Words that diffusers tells apart without saying so in the signature.
WORDS = {
    "timestep_spacing": tuple(SPACINGS),
    "interpolation_type": ("linear", "log_linear"),
    "algorithm_type": ("data_prediction", "noise_prediction"),
}


@dataclass(frozen=True)
class Option:
    """An option of a scheduler's constructor or of its step.

    Attributes:
        key: its name, as `sample --set` has it.
        kind: what it is chosen with.
        usual: its value where nobody chooses; None for a number that the class then finds itself.
        choices: the words of a "choice".
    """

    key: str
    kind: Kind
    usual: bool | int | float | str | None
    choices: tuple[str, ...] = ()


def options_to_choose(sampler: DrivenSampler, schedule: Schedule) -> tuple[Option, ...]:
    """The options that one may choose, those of the constructor first; usual is what the folder's config makes of it.

    Raises:
        ValueError: the class cannot be built for this network.
    """
    scheduler = sampler.scheduler(schedule, {})
    the_class, usual = type(scheduler), config_of(scheduler)
    built = inspect.signature(the_class.__init__).parameters  # type: ignore[misc]
    found = [_option(key, usual.get(key), one.annotation, sampler.said) for key, one in built.items() if key in usual]
    stepped = step_options(the_class)
    found += [_option(key, value, None, None) for key, value in stepped.items() if key not in usual]
    return tuple(one for one in found if one is not None)


def _option(key: str, usual: Any, annotation: Any, said: str | None) -> Option | None:
    """The option, or None for what is not chosen with a box, a switch or one of some words."""
    if key in TRAINED | OF_SIZES:
        return None
    if isinstance(usual, bool):
        return Option(key, "switch", usual)
    if isinstance(usual, str):
        words = next((get_args(one) for one in _parts(annotation) if get_origin(one) is Literal), WORDS.get(key, ()))
        # A network that says no σ² has none to be read.
        words = tuple(one for one in words if said is not None or one not in LEARNED)
        return Option(key, "choice", usual, words) if usual in words and len(words) > 1 else None
    if isinstance(usual, int):
        return Option(key, "whole", usual)
    if isinstance(usual, float):
        return None if math.isnan(usual) else Option(key, "number", usual)
    return Option(key, "number", None) if usual is None and float in _parts(annotation) else None


def _parts(annotation: Any) -> Iterator[Any]:
    """What an annotation allows, one by one."""
    if get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _parts(one)
    else:
        yield annotation
