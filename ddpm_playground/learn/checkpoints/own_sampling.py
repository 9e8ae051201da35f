"""What a folder's scheduler would do otherwise than the chain here does by itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...core.phrase import Phrase

# Setting of the scheduler → what the chain here does where nobody says otherwise (`core.Sampling`).
HERE = {"clip_sample": True, "clip_sample_range": 1.0, "variance_type": "fixed_small", "thresholding": False}
# What can be had here all the same: setting and value → how.
CHOICES = {("clip_sample", False): "x̂_0 not clipped", ("variance_type", "fixed_large"): "ddpm with w = 1"}
SAME = {("variance_type", "fixed_small_log")}  # the same σ, written as a logarithm


def differing(scheduler_config: Mapping[str, Any]) -> Iterator[Phrase]:
    """A sentence each on settings that would give other samples: those that one can choose here, and the others.

    Args:
        scheduler_config: scheduler_config.json; what it does not name is as here.
    """
    given = {key: scheduler_config[key] for key in HERE if scheduler_config.get(key) is not None}
    other = {key: value for key, value in given.items() if value != HERE[key] and (key, value) not in SAME}
    if other.get("clip_sample") is False:
        other.pop("clip_sample_range", None)
    ours = {key: value for key, value in other.items() if (key, value) in CHOICES}
    if ours:
        yield Phrase(
            "its scheduler samples with {settings}: choose {choices} to draw as it does",
            settings=_listed(ours),
            choices=", ".join(CHOICES[pair] for pair in ours.items()),
        )
    theirs = {key: value for key, value in other.items() if key not in ours}
    if theirs:
        yield Phrase(
            "its scheduler samples with {settings}, which the chain here does not: its own pictures differ",
            settings=_listed(theirs),
        )


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {str(value)[:40]}" for key, value in settings.items())
