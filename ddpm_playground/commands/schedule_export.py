"""`schedule export`: a schedule as a file that others read."""

import argparse
import os
from pathlib import Path

from ..lab.export import FORMATS
from .sample import check_out
from .schedule import add_source, source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schedule, and where it goes."""
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, help=f"a file that ends in {', '.join(FORMATS)}")


def run(arguments: argparse.Namespace) -> None:
    """Write it, whole or not at all."""
    if arguments.out.suffix not in FORMATS:
        raise ValueError(f"--out must end in {', '.join(FORMATS)}, got {arguments.out.name}; rename it")
    check_out(arguments.out)
    subject = source(arguments)
    text = FORMATS[arguments.out.suffix](subject.schedule, subject.config)
    temporary = arguments.out.with_name(f".{arguments.out.name}.{os.getpid()}.writing")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(arguments.out)
    print(f"wrote {arguments.out}")
