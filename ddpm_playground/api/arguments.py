"""What comes for a deed's arguments, held against their types: programs send anything."""

import inspect
import math
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..core.checks import quoted
from ..core.phrase import Phrase, Refusal

# type → what it is called in a sentence
NAMES: dict[Any, str] = {
    str: "a text", int: "a whole number", float: "a finite number", bool: "true or false", dict: "an object",
    list: "a list", NoneType: "nothing",
}  # fmt: skip
MOST_LISTED = 1000
MOST_DEPTH = 40
WRONG = object()


def checked(fn: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a function as its types want them; what is left out has its default.

    Args:
        fn: with a type for each parameter: texts, numbers, true or false, lists of these, objects, or None.
        given: name → value in JSON's types.

    Raises:
        ValueError: a name that it has not, one that is missing, or a value of another type.
    """
    parameters, types = inspect.signature(fn).parameters, get_type_hints(fn)
    for name in given:
        if name not in parameters:
            raise Refusal(
                "{deed} has no argument {name}; it has {known}",
                deed=fn.__name__, name=quoted(name), known=", ".join(parameters),
            )  # fmt: skip
    values: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if name in given:
            values[name] = _checked(name, types[name], given[name])
        elif parameter.default is inspect.Parameter.empty:
            raise Refusal("{deed} needs {name}; give it", deed=fn.__name__, name=name)
        else:
            values[name] = parameter.default
    return values


def _checked(name: str, wanted: Any, value: Any) -> Any:
    kinds = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    for kind in kinds:
        found = _as(kind, value)
        if found is not WRONG:
            return found
    named = [_name(kind) for kind in kinds]
    said = named[0] if len(named) == 1 else Phrase("{one} or {other}", one=", ".join(named[:-1]), other=named[-1])
    raise Refusal("{name} must be {kind}, got {got}; correct it", name=name, kind=said, got=_shown(value))


def _name(kind: Any) -> str:
    return NAMES[get_origin(kind) or kind]


def _as(kind: Any, value: Any) -> Any:
    """The value as this type, or WRONG."""
    origin = get_origin(kind) or kind
    if origin is list:
        of = (get_args(kind) or (object,))[0]
        if not isinstance(value, list) or len(value) > MOST_LISTED:
            return WRONG
        found = [_as(of, one) for one in value]
        return WRONG if any(one is WRONG for one in found) else found
    if origin is dict:
        return value if isinstance(value, dict) and _is_flat(value) else WRONG
    if origin in (int, float):
        return _number(origin, value)
    return value if isinstance(value, origin) else WRONG


def _number(kind: type, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return WRONG
    if kind is int:
        whole = isinstance(value, int) or (math.isfinite(value) and value.is_integer())
        return int(value) if whole else WRONG
    try:
        return float(value) if math.isfinite(value) else WRONG
    except OverflowError:
        return WRONG


def _is_flat(value: Any, depth: int = 0) -> bool:
    """Whether it is nested no deeper than anything that is meant."""
    if depth > MOST_DEPTH:
        return False
    if isinstance(value, (dict, list)):
        return all(_is_flat(one, depth + 1) for one in (value.values() if isinstance(value, dict) else value))
    return True


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return Phrase("{kind} of {count}", kind=NAMES[type(value)], count=f"{len(value):,}")
    return quoted(value)
