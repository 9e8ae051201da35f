"""The checkpoint that a command was given, read for it."""

import argparse
import sys
from typing import TYPE_CHECKING

from ..engine.launch import ALONE, Launch

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint


def read_checkpoint(arguments: argparse.Namespace, launch: Launch = ALONE, *, latents: bool = False) -> "Checkpoint":
    """The checkpoint of --checkpoint on --device and --engine; what was assumed in reading it is told on stderr.

    Args:
        arguments: of the command line.
        launch: the processes that share the work.
        latents: whether networks that draw latents, or are told a prompt, are welcome.

    Raises:
        ValueError: see `load_checkpoint`.
    """
    from ..learn.checkpoints.checkpoint import PICTURES, TOLD, load_checkpoint
    from ..learn.checkpoints.picture_size import parse_size

    size = getattr(arguments, "size", None)
    device = launch.own_device(arguments.device)
    welcome = (*PICTURES, *TOLD) if latents else PICTURES
    checkpoint = load_checkpoint(
        arguments.checkpoint, device, welcome, None if size is None else parse_size(size)
    )  # fmt: skip
    for sentence in checkpoint.read_as:
        print(f"{arguments.checkpoint.name}: {sentence}", file=sys.stderr)
    return checkpoint.on(arguments.engine)
