"""What a broken checkpoint or training state raises."""

from ...core.phrase import Refusal


class CheckpointError(Refusal):
    """A checkpoint that is missing, broken, of another architecture, or not safetensors."""
