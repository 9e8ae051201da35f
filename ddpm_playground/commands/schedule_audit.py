"""`schedule audit`: does each step of a diffusers scheduler lead to the timestep that it visits next?"""

import argparse
import json
from pathlib import Path
from typing import Any

from ..bridge.diffusers_config import class_defaults
from ..bridge.option_text import parse_options
from ..bridge.scheduler_classes import scheduler_classes
from ..core import SPACINGS
from ..lab.audit import Audit, Transition, audit
from ..lab.input_file import is_there
from ..lab.reading import read_subject
from .paths import given
from .schedule_lists import add_lists, lists

DEFAULT_STEPS = 50
# The marks of the table.
MISMATCH, MATCH = "≠", ""

DESCRIPTION = (
    "Audit a scheduler class of the installed diffusers: its own step is called in float64 with an exact x_t and an "
    "exact network, and the timestep that it leads to ('used') is read off what comes back and held against the one "
    "it visits next. Timesteps are diffusers' own, 0-based. The largest |Δ| is from the closed form of the step to "
    "the next visited t (what should happen), over the coefficients of x_0, ε and z of x_s scaled to "
    "√ᾱ_s x_0 + √(1−ᾱ_s) ε; what is left against the closed form to the used t is rounding. Exit code 0 with a "
    "table, mismatches or not, and where a class ends in a reason why there is none."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which class, how it is built, and how it is told."""
    parser.description = DESCRIPTION.replace("%", "%%")
    parser.add_argument(
        "scheduler",
        metavar="CLASS",
        nargs="?",
        type=given,
        help="a scheduler class of diffusers, see --list; or, as `schedule check` reads it, a scheduler_config.json or "
        "the folder of a pipeline or of a scheduler, whose class and settings are taken",
    )
    parser.add_argument("--spacing", choices=tuple(SPACINGS), help="its timestep_spacing; default the class's own")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS, help=f"S, default {DEFAULT_STEPS}")
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an argument of its constructor, VALUE in JSON (a word may go unquoted); may be given again",
    )
    add_lists(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of the table")
    parser.add_argument("--list", action="store_true", help="list the classes and leave")


def run(arguments: argparse.Namespace) -> None:
    """Audit and tell.

    Raises:
        ValueError: no class, or whatever `audit` refuses.
    """
    if arguments.list:
        names = list(scheduler_classes())
        print(json.dumps({"classes": names}) if arguments.json else "\n".join(names))
        return
    if arguments.scheduler is None:
        raise ValueError("schedule audit needs a CLASS; --list lists the scheduler classes of diffusers")
    name, options = class_and_options(arguments.scheduler)
    options |= parse_options(arguments.option)
    if arguments.spacing is not None:
        options.pop("timestep_spacing", None)
    asked = {kind: values for kind, values in lists(arguments).items() if values}
    num_steps = len(next(iter(asked.values()))) if asked else arguments.steps
    found = audit(name, num_steps, options, arguments.spacing, asked=asked)
    print(json.dumps(found.as_json(), allow_nan=False) if arguments.json else table(found))


def class_and_options(what: str) -> tuple[str, dict[str, Any]]:
    """A class by its name, or that of a config with the keys that it takes.

    Raises:
        ValueError: what cannot be read, or a config that names no class of diffusers.
    """
    if not is_there(Path(what)):
        return what, {}
    subject = read_subject(what)
    config = subject.given or subject.config
    name = config.get("_class_name")
    takes = class_defaults(name) if isinstance(name, str) else None
    if not isinstance(name, str) or takes is None:
        raise ValueError(f"{what} names no scheduler class of the installed diffusers; give a CLASS, see --list")
    return name, {key: value for key, value in config.items() if key in takes}


def table(found: Audit) -> str:
    """The audit as text."""
    spacing = f", spacing {found.spacing}" if found.spacing else ""
    lines = [f"{found.class_name}, {found.num_steps} steps{spacing}"]
    if found.reason is not None:
        return "\n".join([*lines, found.reason, *(f"note: {note}" for note in found.notes)])
    lines.append(f"{'t':>12} {'used':>12} {'next':>12}     {'|Δ| to next':>12}")
    lines += [_row(transition) for transition in found.transitions]
    counted = sum(transition.next is not None for transition in found.transitions)
    lines.append(f"mismatches: {found.mismatches} of {counted} steps lead elsewhere than to the next visited timestep")
    worst = found.worst
    if worst is None:
        lines.append("closed form: none for this step")
    else:
        lines.append(
            f"closed form: {found.closed_form}; largest |Δ| {worst.error:.2g} at t = {worst.t:g}, "
            f"of which rounding {found.max_abs_error_to_used:.2g}"
        )
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def _row(transition: Transition) -> str:
    mark = MISMATCH if transition.mismatch else MATCH
    error = "" if transition.error is None else f"{transition.error:.2g}"
    cells = (_cell(transition.t), _cell(transition.used, "data"), _cell(transition.next, "data"))
    return f"{cells[0]:>12} {cells[1]:>12} {cells[2]:>12}  {mark:1}  {error:>12}".rstrip()


def _cell(timestep: float | None, missing: str = "") -> str:
    return missing if timestep is None else f"{timestep:.7g}"
