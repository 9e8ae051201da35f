"""Sizes, channels and classes that a network's config may have here."""

from typing import Any

from .checkpoint_error import CheckpointError
from .said_variance import says_variance

MAX_COUNT = 4096


def check_channels(config: dict[str, Any]) -> None:
    """Refuse pictures that our samplers cannot make.

    Raises:
        CheckpointError: no size, more channels out than in and not twice as many, or classes that are no count.
    """
    size = config.get("sample_size")
    sides = size if isinstance(size, list) else [size, size]
    counts = {
        "sample_size": sides, "in_channels": [config.get("in_channels", 3)],
        "out_channels": [config.get("out_channels", 3)],
        "num_class_embeds": [1 if config.get("num_class_embeds") is None else config["num_class_embeds"]],
    }  # fmt: skip
    for name, values in counts.items():
        if len(values) not in (1, 2) or not all(type(v) is int and 1 <= v <= MAX_COUNT for v in values):
            raise CheckpointError(
                "{name} in config.json must be whole numbers in [1, {most}]; correct it", name=name, most=MAX_COUNT
            )
    if len(sides) != 2:
        raise CheckpointError(
            "sample_size in config.json must be a number or a list of two, got {got}; correct it", got=str(size)
        )
    (channels,), (out,) = counts["in_channels"], counts["out_channels"]
    if channels < out and not says_variance(config):
        raise CheckpointError(
            "config.json must have no more channels out than in, or twice as many where the network says its variance "
            "too, got {channels} in and {out} out; correct it",
            channels=channels,
            out=out,
        )
