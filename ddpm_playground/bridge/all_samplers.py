"""Every sampler by its name, whoever made it."""

from collections import ChainMap
from collections.abc import Mapping

from ..core import SAMPLERS, Sampler
from ..core.checks import look_up
from .diffusers_samplers import DIFFUSERS_SAMPLERS

# A view of both tables; the first ones are those of core.
ALL_SAMPLERS: Mapping[str, Sampler] = ChainMap(DIFFUSERS_SAMPLERS, SAMPLERS)  # type: ignore[arg-type]


def sampler_named(name: str) -> Sampler:
    """The sampler of that name.

    Raises:
        ValueError: there is none.
    """
    return look_up(ALL_SAMPLERS, name, "unknown sampler {name}; choose one of {known}")
