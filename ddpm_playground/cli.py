"""The same deeds without a screen: train, sample, evaluate."""

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

# command: (module of ddpm_playground.commands, what it does); only the chosen one's module is imported
COMMANDS = {
    "train": ("train", "Algorithm 1: make a checkpoint"),
    "sample": ("sample", "Algorithm 2: draw pictures from a checkpoint"),
    "evaluate": ("evaluate", "score a checkpoint of handwritten digits"),
    "schedule": ("schedule", "examine a noise schedule: its numbers, what is wrong with it, how samplers walk it"),
    "train-classifier": ("train_classifier", "make the reader of digits that evaluate scores with"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Say it and leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser, with the flags of the chosen command alone."""
    parser = Parser(prog="ddpm_playground", description="Denoising diffusion, to see and check.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, told) in COMMANDS.items():
        command = commands.add_parser(name, help=told, description=told)
        if name == chosen:
            module = importlib.import_module(f".commands.{module_name}", __package__)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; bad input gives one line on stderr and exit code 2. A command may return a code of its own."""
    argv = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(next((a for a in argv if not a.startswith("-")), None)).parse_args(argv)
    arguments.command_line = "python -m ddpm_playground " + shlex.join(argv)
    try:
        code = arguments.run(arguments)
    except (ValueError, OSError) as error:
        print(f"ddpm_playground: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ddpm_playground: stopped", file=sys.stderr)
        return 130
    return code or 0
