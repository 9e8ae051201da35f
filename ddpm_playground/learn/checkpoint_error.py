"""What a broken checkpoint or training state raises."""


class CheckpointError(ValueError):
    """A checkpoint that is missing, broken, of another architecture, or not safetensors."""
