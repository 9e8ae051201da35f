"""`train`: Algorithm 1, make a checkpoint."""

import argparse
from typing import Any

from ..engine.launch import launched
from ..learn.training.loop import train
from ..learn.training.settings import SETTING_FIELDS, Settings
from .paths import given, given_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One flag for each of Settings' fields, and how to run it."""
    parser.add_argument("--out", type=given_path, required=True, help="pipeline folder to write")
    parser.add_argument("--resume", action="store_true", help="go on where a run with this --out stopped")
    parser.add_argument("--compile", action="store_true", help="run the network through torch.compile")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--save-minutes", type=float, default=5.0, help="minutes between saves")
    parser.add_argument("--sheet-minutes", type=float, default=20.0, help="minutes between sample sheets")
    for name, field in SETTING_FIELDS.items():
        flag, default, shown = "--" + name.replace("_", "-"), field.default, field.metadata["what"]
        if isinstance(default, tuple) and default:
            shown += f"; default {' '.join(map(str, default))}"
        elif default not in ("", ()):
            shown += f"; default {default}"
        if isinstance(default, tuple):
            parser.add_argument(flag, type=int if default else given, nargs="+", default=default, help=shown)
        else:
            kind = given if name == "data" else type(field.default)
            parser.add_argument(flag, type=kind, default=field.default, required=name == "data", help=shown)


def run(arguments: argparse.Namespace) -> None:
    """Train, saving as it goes."""
    values: dict[str, Any] = {name: getattr(arguments, name) for name in SETTING_FIELDS}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    with launched(arguments.device) as launch:
        train(
            Settings(**values),
            arguments.out,
            resume=arguments.resume,
            compiled=arguments.compile,
            device=arguments.device,
            save_minutes=arguments.save_minutes,
            sheet_minutes=arguments.sheet_minutes,
            threads=arguments.threads,
            command=arguments.command_line,
            launch=launch,
        )
