"""Whether a network says σ² beside what it predicts, and how its scheduler reads that."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...bridge.diffusers_config import class_defaults
from ...core import LEARNED
from ...core.phrase import Phrase

READ = tuple(LEARNED)  # a config may have anything there, lists too
ASSUMED = "learned_range"  # what improved DDPM's networks are, and those that came after it


def variance_type_of(config: Mapping[str, Any], scheduler_config: Mapping[str, Any]) -> str | None:
    """A key of core.LEARNED; None for a network that says no σ², or whose scheduler does not listen to it.

    Args:
        config: the network's; twice as many channels out as in are a σ² for each number.
        scheduler_config: of its scheduler.
    """
    if not says_variance(config):
        return None
    given = scheduler_config.get("variance_type")
    return ASSUMED if given is None else given if given in READ else None


def says_variance(config: Mapping[str, Any]) -> bool:
    """Whether a network has twice as many channels out as in."""
    return config.get("out_channels", 3) == 2 * config.get("in_channels", 3)


def told_of_variance(
    config: Mapping[str, Any], scheduler_config: Mapping[str, Any], own_class: str
) -> Iterator[Phrase]:
    """Sentences where it had to be assumed how σ² is read, or where it is left out.

    Args:
        config: the network's.
        scheduler_config: of its scheduler.
        own_class: the scheduler class that its own pipeline samples with.
    """
    if not says_variance(config):
        return
    given = scheduler_config.get("variance_type")
    if given is None:
        yield Phrase(
            "its network says a variance beside what it predicts, and nothing says how to read it: {assumed} of "
            "Nichol & Dhariwal (2021) is assumed",
            assumed=ASSUMED,
        )
    elif given not in READ:
        yield Phrase(
            "its network says a variance beside what it predicts, which its scheduler does not read (variance_type = "
            "{given}): it is left out, where diffusers fails; learned_range in the scheduler's config would read it",
            given=str(given)[:40],
        )
        return
    if (class_defaults(own_class) or {}).get("variance_type") is None:
        yield Phrase(
            "{name}, its own sampling, has no σ² that a network could say: it is handed the first half of what this "
            "one says; ddpm here reads both",
            name=own_class,
        )
