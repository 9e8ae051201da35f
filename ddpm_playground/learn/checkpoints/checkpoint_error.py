"""What a broken checkpoint or training state raises."""

from ...core.phrase import Refusal


class CheckpointError(Refusal):
    """A checkpoint that is missing, broken, of another architecture, or not safetensors."""


def part_error(place: str, error: object) -> CheckpointError:
    """What is wrong with a part of a pipeline besides its network; `place` is its folder's name."""
    return CheckpointError("{place}/ cannot be used: {error}", place=place, error=error)
