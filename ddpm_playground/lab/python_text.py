"""Configs as Python prints and writes them: a dict, a FrozenDict, a scheduler, a tensor, a constructor's call."""

import ast
import math
import re
from typing import Any

from ..core.phrase import Refusal

MAX_CHARACTERS = 2**20
CONTAINERS = {"FrozenDict", "OrderedDict", "dict", "tensor", "array", "float64", "float32", "list", "tuple"}
NAMES = {"inf": math.inf, "nan": math.nan, "true": True, "false": False, "null": None}
# DDIMScheduler {"_class_name": …}: what print(scheduler) shows.
PRINTED = re.compile(r"\w+Scheduler\s+(?=\{)")
STATEMENT = re.compile(r"([\w.]+\s*=\s*)?[\w.]+\(|[\w.]+\s*=\s*[\[{(]")
# [0.1 0.2 0.3]: what numpy prints.
PRINTED_ARRAY = re.compile(r"\[[-+.\deEnaif\s]+\]")


class NoPython(Exception):
    """The text is no Python value that is known here."""


def without_printed_name(text: str) -> str:
    """The JSON within what print(scheduler) shows; any other text as it is."""
    return PRINTED.sub("", text, count=1) if PRINTED.match(text) else text


def parse_python(text: str) -> Any:
    """The value of a Python literal, or {"_class_name": …} of a constructor's call with its keywords.

    Nothing is run: the text is parsed, and only constants, lists, dicts and a few known wrappers have a value.

    Raises:
        NoPython: anything else.
        ValueError: a call that depends on what is not in the text.
    """
    if len(text) > MAX_CHARACTERS:
        raise NoPython
    if PRINTED_ARRAY.fullmatch(text):
        return [float(word) for word in text[1:-1].split()]
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NoPython from None
    if len(body) != 1 or not isinstance(body[0], (ast.Expr, ast.Assign)):
        raise NoPython
    try:
        value = _value(body[0].value)
    except (RecursionError, TypeError):
        raise NoPython from None
    target = body[0].targets[0] if isinstance(body[0], ast.Assign) else None
    return {target.id: value} if isinstance(value, list) and isinstance(target, ast.Name) else value


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, (bool, int, float, str)):
            return value
        case ast.Constant(value=value) if value is ...:
            raise Refusal("values were left out where the dots stand; give them all")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.Attribute(attr="inf" | "nan" as name):
            return NAMES[name]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(element) for element in elements]
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            return {str(getattr(key, "value", "")): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Call():
            return _called(node)
    raise NoPython


def _called(node: ast.Call) -> Any:
    """FrozenDict({…}), tensor([…]), or SomeScheduler(key=value)."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("from_config", "from_pretrained"):
        raise Refusal(
            "{function}(…) takes its config from elsewhere; paste that config instead", function=ast.unparse(function)
        )
    if name.endswith("Scheduler") and not node.args:
        named = {keyword.arg: _value(keyword.value) for keyword in node.keywords if keyword.arg}
        if len(named) == len(node.keywords):
            return {"_class_name": name, **named}
    elif name in CONTAINERS and len(node.args) == 1:
        inner = _value(node.args[0])
        if name in ("FrozenDict", "OrderedDict", "dict") and isinstance(inner, list):
            return dict(inner)
        return inner
    raise NoPython
