"""What the numbers of a stranger's scheduler config may cost, before anything is built of them.

A class of diffusers makes lists as long as an order, loops over its counts and keeps tables of every timestep, and
bounds none of them. What kind of number an option is, its signature tells: the default of a whole number says what
size it has in use, so a limit is a multiple of it and no option has to be known by its name.
"""

import inspect
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..core.checks import no_longer, whole_number
from ..core.phrase import Phrase, Refusal
from ..core.schedule import MAX_T

T_KEY = "num_train_timesteps"
TIMES_DEFAULT = 50  # a whole number may be so many times its default …
TIMES_STEPPED = 2  # … of a step: LMS makes as many integrals of as many factors, anew at each one
WITHOUT_DEFAULT = 1000  # … and this where the default is 0, which tells no size
NAMED_WITHOUT = 1_000_000  # where there is no default: the size of a vocabulary
MAX_STEPS = MAX_T  # of sampling
# Steps times what counts and orders multiply them by; a step of a scheduler takes about a millisecond.
MAX_WORK = 50_000
# Classes that walk every timestep when they are built look each up among all of them: seconds at this many.
WALKED_T = 4000
COUNT_BELOW = 100  # a default below this counts something, one above is a size
MAX_BITS = 63
MAX_CHARACTERS = 1000
MAX_ITEMS = 1000
MAX_DEPTH = 20


def check_cost(scheduler: str | type | None, options: Mapping[str, Any], num_steps: int | None = None) -> None:
    """Refuse what would cost too much memory or time to build, or to walk in `num_steps`.

    Numbers that are merely wrong pass: these are the doctor's.

    Args:
        scheduler: a scheduler class of diffusers or its name; of an unknown one only the sizes are looked at.
        options: of its constructor, or a config as it came.
        num_steps: S, where it is walked.

    Raises:
        ValueError: which number, what came, and the limit.
    """
    if num_steps is not None and type(num_steps) is int and num_steps > MAX_STEPS:
        raise Refusal(
            "the number of steps must be at most {most}, got {got}; lower it",
            most=f"{MAX_STEPS:,}",
            got=_shown(num_steps),
        )
    the_class = _class_named(scheduler) if isinstance(scheduler, str) else scheduler
    known = _parameters(the_class) if the_class is not None else {}
    work = 1.0
    for key, value in options.items():
        _check_size(str(key), value, MAX_DEPTH)
        if key in known:
            work *= _check_option(str(key), value, known[key], walks_at_once(the_class) if the_class else False)
    if num_steps is not None and type(num_steps) is int and work > 1 and work * num_steps > MAX_WORK:
        raise Refusal(
            "{num_steps} steps with these orders and counts, together {work} times their defaults, are more than "
            "{max_work} steps' work; lower the number of steps, the orders or the counts",
            num_steps=f"{num_steps:,}",
            work=f"{work:,.0f}",
            max_work=f"{MAX_WORK:,}",
        )


def _class_named(name: str) -> type | None:
    import diffusers

    found = getattr(diffusers, name, None) if name.isidentifier() and name.endswith("Scheduler") else None
    return found if isinstance(found, type) else None


@cache
def _parameters(the_class: type) -> dict[str, inspect.Parameter]:
    """The named parameters of a class's constructor."""
    try:
        parameters = list(inspect.signature(getattr(the_class, "__init__")).parameters.values())[1:]  # noqa: B009
    except (TypeError, ValueError, ImportError):
        return {}
    return {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


@cache
def walks_at_once(the_class: type) -> bool:
    """Whether a class sets all its timesteps as soon as it is built."""
    try:
        return "set_timesteps(" in inspect.getsource(inspect.unwrap(getattr(the_class, "__init__")))  # noqa: B009
    except (OSError, TypeError, ImportError):
        return False


def limit_of(parameter: inspect.Parameter, walking: bool = False) -> int | None:
    """The largest whole number that an option may be; None where it is no whole number."""
    if parameter.name == T_KEY:
        return WALKED_T if walking else MAX_T
    default = parameter.default
    if type(default) is int:
        return TIMES_DEFAULT * abs(default) or WITHOUT_DEFAULT
    return NAMED_WITHOUT if parameter.annotation in (int, "int") else None


def _check_option(key: str, value: Any, parameter: inspect.Parameter, walking: bool) -> float:
    """Refuse a value too large for its option; how many times its default it multiplies the work by."""
    if isinstance(value, str):
        no_longer(key, value, MAX_CHARACTERS, "{name} must have at most {most} characters, got {got}; shorten it")
        return 1.0
    if isinstance(value, (list, tuple)):
        _check_list(key, value, parameter)
        return 1.0
    most = limit_of(parameter, walking)
    if most is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return 1.0
    if key == T_KEY:
        whole_number(key, value, 1, most, "correct it")
    _check_most(key, value, most)
    default = parameter.default
    counted = type(default) is int and 0 < default < COUNT_BELOW and key != T_KEY
    return max(1.0, abs(value) / default) if counted else 1.0


def check_step(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Refuse a whole number of a scheduler's step that would cost too much at each step.

    Args:
        options: what is chosen.
        defaults: what step takes, by name, with the values that it has by itself.

    Raises:
        ValueError: which number, what came, and the limit.
    """
    for key in options.keys() & defaults.keys():
        if type(defaults[key]) is int and isinstance(options[key], (int, float)):
            _check_most(key, options[key], TIMES_STEPPED * defaults[key])


def _check_most(key: str, value: float, most: int) -> None:
    if value != value or abs(value) > most:
        raise Refusal(
            "{key} must be a whole number of at most {most} here, got {got}; lower it",
            key=key,
            most=f"{most:,}",
            got=_shown(value),
        )


def _check_list(key: str, value: Any, parameter: inspect.Parameter) -> None:
    """Refuse a list longer than its option can use, and lists within lists."""
    most = MAX_T if "ndarray" in str(parameter.annotation) else MAX_ITEMS
    no_longer(key, value, most, "{name} must list at most {most} values, got {got}; shorten it")
    if any(isinstance(item, (list, tuple, dict)) for item in value):
        raise Refusal("{key} must be one flat list, got lists within it; flatten it", key=key)


def _check_size(key: str, value: Any, depth: int) -> None:
    """Refuse whole numbers that no table can hold and what is nested without end, in options known or not."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > MAX_BITS:
        raise Refusal(
            "{key} must be a number of at most 64 bits, got {got}; correct it", key=key[:40], got=_shown(value)
        )
    if isinstance(value, (dict, list, tuple)):
        if not depth:
            raise Refusal(
                "{key} is nested more than {max_depth} levels deep; flatten it", key=key[:40], max_depth=MAX_DEPTH
            )
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, (int, dict, list, tuple)):
                _check_size(key, item, depth - 1)


def _shown(value: float) -> str:
    """A number as a sentence may have it: a whole one of thousands of digits cannot even be printed."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return Phrase("a whole number of {count} digits", count=f"{int(value.bit_length() * math.log10(2)) + 1:,}")
    return f"{value:,}"
