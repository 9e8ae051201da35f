"""The checkpoint that a command was given, read for it."""

import argparse
import sys
from typing import TYPE_CHECKING

from ..engine.launch import ALONE, Launch

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint


def read_checkpoint(arguments: argparse.Namespace, launch: Launch = ALONE) -> "Checkpoint":
    """The checkpoint of --checkpoint on --device and --engine; what was assumed in reading it is told on stderr.

    Raises:
        ValueError: see `load_checkpoint`.
    """
    from ..learn.checkpoints.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(arguments.checkpoint, launch.own_device(arguments.device))
    for sentence in checkpoint.read_as:
        print(f"{arguments.checkpoint.name}: {sentence}", file=sys.stderr)
    return checkpoint.on(arguments.engine)
