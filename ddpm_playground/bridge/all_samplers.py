"""Every sampler by its name, whoever made it."""

from collections import ChainMap
from collections.abc import Mapping

from ..core import SAMPLERS, Sampler
from ..core.checks import look_up
from .diffusers_samplers import DIFFUSERS_SAMPLERS
from .driven_sampler import DrivenSampler
from .found_samplers import FOUND_SAMPLERS

OWN = "own"  # what a checkpoint's own scheduler does
# A view of both tables; the first ones are those of core.
ALL_SAMPLERS: Mapping[str, Sampler] = ChainMap(DIFFUSERS_SAMPLERS, SAMPLERS)  # type: ignore[arg-type]
# Those that do something only on a checkpoint, by its scheduler's config: see `Checkpoint.sampler_for`.
OF_A_CHECKPOINT: Mapping[str, DrivenSampler] = {OWN: DrivenSampler("DDPMScheduler")}
# All that may be asked for.
NAMED: Mapping[str, Sampler] = ChainMap(FOUND_SAMPLERS, OF_A_CHECKPOINT, ALL_SAMPLERS)  # type: ignore[arg-type]


def sampler_named(name: str) -> Sampler:
    """The sampler of that name.

    Raises:
        ValueError: there is none.
    """
    return look_up(NAMED, name, "unknown sampler {name}; choose one of {known}")
