"""`schedule`: what a noise schedule is, what is wrong with it, how samplers walk it, and its export."""

import argparse
import importlib

from ..lab.quantities import QUANTITIES
from ..lab.read_schedule import ReadSchedule
from ..lab.reading import read_subject
from .paths import given

# action: (module of ddpm_playground.commands, what it does)
ACTIONS = {
    "show": ("schedule_show", "print β_t, ᾱ_t, SNR(t) and what is left at T"),
    "check": ("schedule_check", "examine schedules and scheduler configs; exit 1 if there is an error"),
    "audit": (
        "schedule_audit",
        "run a scheduler class of diffusers and compare where it steps with where it goes next",
    ),
    "export": ("schedule_export", "write a scheduler_config.json, CSV or Python snippet"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (module_name, told) in ACTIONS.items():
        module = importlib.import_module(f".{module_name}", __package__)
        action = actions.add_parser(name, help=told, description=told)
        module.add_arguments(action)
        action.set_defaults(act=module.run)


def run(arguments: argparse.Namespace) -> int | None:
    """Do it."""
    return arguments.act(arguments)


def add_source(parser: argparse.ArgumentParser, many: bool = False) -> None:
    """The arguments that say which schedule, or which several."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        type=given,
        nargs="+" if many else None,
        help="a schedule's name, a scheduler_config.json, a JSON or CSV list of numbers, a pipeline's folder, or (with "
        "DDPM_HUB=1) a Hub id",
    )
    parser.add_argument("--T", type=int, help="number of steps of a named schedule, default 1000")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="parameter of a named schedule; repeatable"
    )
    parser.add_argument("--quantity", choices=tuple(QUANTITIES), help="what a list holds, whatever its name says")


def source(arguments: argparse.Namespace, what: str | None = None) -> ReadSchedule:
    """The schedule that the arguments name, or one of the several that they do."""
    params = {}
    for assignment in arguments.set:
        name, _, value = assignment.partition("=")
        try:
            params[name] = float(value)
        except ValueError:
            raise ValueError(
                f"--set needs NAME=NUMBER, got {assignment[:80]!r}; for example --set beta_end=0.02"
            ) from None
    return read_subject(what or arguments.what, arguments.T, params, arguments.quantity)
