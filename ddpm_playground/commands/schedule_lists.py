"""Timesteps and σ that a command is asked for by number."""

import argparse

from ..lab.number_list import parse_numbers

KINDS = ("timesteps", "sigmas")


def add_lists(parser: argparse.ArgumentParser) -> None:
    """The arguments that list them; at most one of the two."""
    parser.add_argument("--timesteps", nargs="+", help="sample at these, as a pipeline's timesteps: 999 749 499 249")
    parser.add_argument("--sigmas", nargs="+", help="sample at these, as a pipeline's sigmas; instead of --timesteps")


def lists(arguments: argparse.Namespace) -> dict[str, tuple[float, ...] | None]:
    """What was listed; None for what was not.

    Raises:
        ValueError: no numbers, or both.
    """
    given = {kind: " ".join(getattr(arguments, kind) or ()) for kind in KINDS}
    listed = {kind: parse_numbers(text, f"--{kind}") or None for kind, text in given.items()}
    if all(listed.values()):
        raise ValueError("got timesteps and sigmas both; give one of the two")
    return listed
