"""What set_timesteps alone leaves behind: cheaper than a record, for what no step need be made for."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..bridge.built import Misbuilt, built, unwarned
from ..bridge.scheduler_classes import Unauditable
from .driving import input_blends, set_timesteps, timestep_values
from .other_data import OtherData
from .probe import process_of


@dataclass(frozen=True, eq=False)
class Visits:
    """What set_timesteps alone leaves behind.

    Attributes:
        timesteps: as the class counts them.
        sigmas: its σ, which may have one more for the end; empty where it keeps none.
        trained: its σ before that, as it was built; empty where it kept none.
    """

    timesteps: tuple[float, ...]
    sigmas: tuple[float, ...]
    trained: tuple[float, ...]


def visits_of(config: Mapping[str, Any], num_steps: int) -> Visits | None:
    """The timesteps and σ of S steps, in float32; None where the class cannot be built or refuses them."""
    return _visits(json.dumps(dict(config), default=str), num_steps)


@functools.lru_cache(maxsize=64)
def _visits(text: str, num_steps: int) -> Visits | None:
    try:
        with unwarned():
            scheduler = built(json.loads(text))
            trained = _sigmas(scheduler)
            set_timesteps(scheduler, num_steps, {})
    except (Unauditable, Misbuilt):
        return None
    return Visits(tuple(timestep_values(scheduler)), _sigmas(scheduler), trained)


def _sigmas(scheduler: Any) -> tuple[float, ...]:
    sigmas = getattr(scheduler, "sigmas", None)
    return tuple(sigmas.tolist()) if isinstance(sigmas, torch.Tensor) and sigmas.ndim == 1 else ()


def trained_levels(config: Mapping[str, Any], T: int) -> torch.Tensor | None:
    """ᾱ of a class without β_t, from data to noise, (T,) or less: of the x_t at the T timesteps that it sets.

    None where the class cannot be built, or takes no T steps.

    Raises:
        OtherData: it has no x_t that is a blend of x_0 and ε.
    """
    try:
        with unwarned():
            scheduler = built(config)
            set_timesteps(scheduler, T, {})
    except (Unauditable, Misbuilt):
        return None
    try:
        with unwarned():
            levels, _ = input_blends(scheduler)
            process_of(levels)
    except Unauditable as why:
        raise OtherData(type(scheduler).__name__, why.phrase) from None
    snr = torch.tensor([level.log_snr for level in levels], dtype=torch.float64)
    alpha_bars = torch.sigmoid(snr).unique().flip(0)
    return alpha_bars[alpha_bars < 1]
