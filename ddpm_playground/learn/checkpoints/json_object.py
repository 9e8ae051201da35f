"""A JSON object from a file of a checkpoint, whoever wrote it."""

import json
from pathlib import Path
from typing import Any

from ...core.plain_words import reason_of
from .checkpoint_error import CheckpointError

MAX_BYTES = 10 * 2**20


def read_json_object(path: Path) -> dict[str, Any]:
    """What a config or an index holds.

    Raises:
        CheckpointError: missing, larger than MAX_BYTES, no JSON, or no object.
    """
    if not path.is_file():
        raise CheckpointError(
            "{name}/{name_2} is missing in the checkpoint; copy the whole folder",
            name=path.parent.name,
            name_2=path.name,
        )
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError("{name} is larger than 10 MB; a config is a few lines of JSON", name=path.name)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            "{name} is not JSON: {error}; copy it again", name=path.name, error=reason_of(error)
        ) from None
    if not isinstance(config, dict):
        raise CheckpointError(
            "{name} must hold one JSON object, got {got}; copy it again", name=path.name, got=type(config).__name__
        )
    return config
