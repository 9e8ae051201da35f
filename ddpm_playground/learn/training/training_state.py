"""Where a training stands, as one safetensors file."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...core.writing import fsync_file, written
from ..checkpoints.checkpoint_error import CheckpointError

State = tuple[dict[str, torch.Tensor], dict[str, Any]]


def save_state(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Write a training state atomically: one safetensors file with its facts as JSON in the header."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with written(path) as temporary:
        save_file(contiguous, temporary, metadata={"facts": json.dumps(facts)})
        fsync_file(temporary)


def load_state(path: Path) -> State:
    """A training state as `save_state` wrote it.

    Raises:
        CheckpointError: no such file, or broken.
    """
    if not path.is_file():
        raise CheckpointError("there is no training state {path} to resume; start without --resume", path=path)
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise CheckpointError(
            "the training state {path} is broken: {error}; remove it and start without --resume", path=path, error=error
        ) from None
