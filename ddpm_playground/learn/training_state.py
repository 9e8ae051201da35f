"""Where a training stands, as one safetensors file."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .checkpoint_error import CheckpointError


def settle(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def save_state(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Write a training state atomically: one safetensors file with its facts as JSON in the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing")
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, temporary, metadata={"facts": json.dumps(facts)})
    settle(temporary)
    temporary.replace(path)


def load_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """A training state as `save_state` wrote it.

    Raises:
        CheckpointError: no such file, or broken.
    """
    if not path.is_file():
        raise CheckpointError(f"there is no training state {path} to resume; start without --resume")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"the training state {path} is broken: {error}; remove it and start without --resume"
        ) from None
