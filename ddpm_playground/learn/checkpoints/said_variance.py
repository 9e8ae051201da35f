"""Whether a network says σ² beside what it predicts, and how its scheduler reads that."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...core import LEARNED
from ...core.phrase import Phrase

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
    return ASSUMED if given is None else given if given in LEARNED else None


def says_variance(config: Mapping[str, Any]) -> bool:
    """Whether a network has twice as many channels out as in."""
    return config.get("out_channels", 3) == 2 * config.get("in_channels", 3)


def told_of_variance(config: Mapping[str, Any], scheduler_config: Mapping[str, Any]) -> Iterator[Phrase]:
    """A sentence where it had to be assumed how σ² is read, or where it is left out."""
    given = scheduler_config.get("variance_type")
    if not says_variance(config) or given in LEARNED:
        return
    if given is None:
        yield Phrase(
            "its network says a variance beside what it predicts, and nothing says how to read it: {assumed} of "
            "Nichol & Dhariwal (2021) is assumed",
            assumed=ASSUMED,
        )
    else:
        yield Phrase(
            "its network says a variance beside what it predicts, which its scheduler does not read (variance_type = "
            "{given}): it is left out, where diffusers fails; learned_range in the scheduler's config would read it",
            given=str(given)[:40],
        )


def without_variance(config: Mapping[str, Any], scheduler_config: Mapping[str, Any]) -> dict[str, Any]:
    """The scheduler's config without what the network's own σ² settles."""
    settled = variance_type_of(config, scheduler_config) is not None
    return {key: value for key, value in scheduler_config.items() if not (settled and key == "variance_type")}
