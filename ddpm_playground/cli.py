"""The command line: the page, and the same deeds without a screen."""

import argparse
import contextlib
import importlib
import io
import os
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from . import offline as offline  # before anything of the Hub's is imported

# command: (module of ddpm_playground.commands, what it does); only the chosen one's module is imported
COMMANDS = {
    "serve": ("serve", "open the page, with the shipped network and all chapters"),
    "train": ("train", "Algorithm 1: make a checkpoint"),
    "sample": ("sample", "Algorithm 2: draw pictures from a checkpoint"),
    "evaluate": ("evaluate", "score a checkpoint of handwritten digits"),
    "nearest": ("nearest", "whether samples are copies: the nearest picture of the data to each"),
    "clock": ("clock", "the same network trained to say ε, x_0, v and u, on one clock"),
    "clinic": ("clinic", "whether a network is well: its errors by noise level, and the mistake that explains them"),
    "compare": ("compare", "two to four chains from the same noises beside each other, in numbers"),
    "edit": ("edit", "noise a picture of one's own to t and denoise it (SDEdit)"),
    "inpaint": ("inpaint", "paint what a mask leaves open of a picture (RePaint)"),
    "invert": ("invert", "the x_T that a picture comes from, and whether it comes back (DDIM)"),
    "interpolate": ("interpolate", "between two pictures or two seeds, through x_T and through pixels"),
    "schedule": (
        "schedule_command",
        "examine a noise schedule: its numbers, what is wrong with it, how samplers walk it",
    ),
    "train-classifier": ("train_classifier", "make the reader of digits that evaluate scores with"),
}


LONGEST = 1200  # characters of a complaint: what was given may be of any length
STOPPED, FAILED, REFUSED = 130, 1, 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Say it and leave with exit code 2; of several processes with the same words, the first one says it."""
        if os.environ.get("RANK", "0") != "0" and os.environ.get("WORLD_SIZE", "1") != "1":
            self.exit(REFUSED)
        self.exit(REFUSED, f"{self.prog}: {_short(message)}; see {self.prog} --help\n")


def _short(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= LONGEST else f"{message[: LONGEST // 2]} … {message[-LONGEST // 3 :]}"


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
    """Run one command. A command may return a code of its own.

    Whatever goes wrong is one line on stderr: exit code 2 where what was given is at fault, 1 where the machine is.
    `python -X dev -m ddpm_playground` shows where in the code it came about.
    """
    if not (sys.argv[1:] if argv is None else argv):
        print(_parser(None).format_help(), end="", file=sys.stderr)
        return REFUSED
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no ᾱ, and names that are no text
            stream.reconfigure(errors="backslashreplace")
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parser(next((a for a in argv if not a.startswith("-")), None)).parse_args(argv)
        arguments.command_line = "python -m ddpm_playground " + shlex.join(argv)
        code = arguments.run(arguments) or 0
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("ddpm_playground: stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read it has read enough, as `head` does
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        from .core.plain_words import reason_of  # brings torch, which a mere --help does without

        print(f"ddpm_playground: {_short(reason_of(error, with_path=True))}", file=sys.stderr)
        return REFUSED if isinstance(error, ValueError) else FAILED
