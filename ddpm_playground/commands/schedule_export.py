"""`schedule export`: a schedule as a file that others read."""

import argparse

from ..core.writing import written
from ..lab.export import FORMATS
from .paths import check_out, given_path
from .schedule_command import add_source, source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schedule, and where it goes."""
    add_source(parser)
    parser.add_argument("--out", type=given_path, required=True, help=f"a file that ends in {', '.join(FORMATS)}")


def run(arguments: argparse.Namespace) -> None:
    """Write it, whole or not at all."""
    if arguments.out.suffix not in FORMATS:
        raise ValueError(f"--out must end in {', '.join(FORMATS)}, got {arguments.out.name}; rename it")
    check_out(arguments.out)
    subject = source(arguments)
    text = FORMATS[arguments.out.suffix].write(subject.schedule, subject.config)
    with written(arguments.out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"wrote {arguments.out}")
