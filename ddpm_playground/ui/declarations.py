"""`python -m ddpm_playground.ui.declarations`: writes ui/protocol and the settings as TypeScript's declarations."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from ..recipe import Recipe
from .protocol import (
    chapter_blocks,
    compare_messages,
    lab_messages,
    page_messages,
    parts,
    player_messages,
    train_messages,
)
from .serving.web import FOLDER

PATH = FOLDER / "protocol.d.ts"
PLAIN: dict[object, str] = {
    str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "any", object: "unknown",
}  # fmt: skip
MODULES = (parts, page_messages, player_messages, lab_messages, chapter_blocks, train_messages, compare_messages)
UNIONS = {
    "PlayerMessage": player_messages.PlayerMessage,
    "Block": chapter_blocks.Block,
    "ColumnsMessage": compare_messages.ColumnsMessage,
}
WIDTH = 120
HEAD = """// Written by `python -m ddpm_playground.ui.declarations` from ui/protocol/ and recipe.py: change those.
"""


def typescript(kind: Any) -> str:
    """A Python annotation in TypeScript.

    Raises:
        TypeError: none that has a counterpart here.
    """
    if name := next((name for name, union in UNIONS.items() if kind == union), None):
        return name
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_typeddict(kind):
        return kind.__name__
    if origin in (Union, types.UnionType):
        return " | ".join(map(typescript, inner))
    if origin is Literal:
        return " | ".join("true" if one is True else f'"{one}"' for one in inner)
    if origin in (list, Sequence):
        item = typescript(inner[0])
        return f"({item})[]" if " | " in item and item[0] != "[" else f"{item}[]"
    if origin is tuple:
        return f"[{', '.join(map(typescript, inner))}]"
    if origin in (dict, Mapping):
        return f"Record<{typescript(inner[0])}, {typescript(inner[1])}>"
    raise TypeError(f"{kind!r} has no counterpart in TypeScript; say one in ui/declarations.py")


def declarations() -> str:
    """The whole file."""
    every = [one for module in MODULES for one in vars(module).values() if is_typeddict(one)]
    records = list(dict.fromkeys(every))  # some modules import others'
    settings = {field.name: get_type_hints(Recipe)[field.name] for field in fields(Recipe)}
    blocks = [
        _interface("Settings", "Every setting; see recipe.py.", ((key, False, kind) for key, kind in settings.items())),
        *(_interface(record.__name__, record.__doc__ or "", _fields(record)) for record in records),
        *(_union(name, kind) for name, kind in UNIONS.items()),
    ]
    return "\n".join([HEAD, *blocks])


def _fields(record: Any) -> Iterator[tuple[str, bool, Any]]:
    """(name, whether it may be absent, type) of a TypedDict's fields."""
    for name, kind in get_type_hints(record, include_extras=True).items():
        bare = get_args(kind)[0] if get_origin(kind) is NotRequired else kind
        yield name, name in record.__optional_keys__, bare


def _interface(name: str, about: str, parts: Iterator[tuple[str, bool, Any]]) -> str:
    lines = [f"  {key}{'?' if optional else ''}: {typescript(kind)};" for key, optional, kind in parts]
    return "\n".join([*_comment(about), f"export interface {name} {{", *lines, "}", ""])


def _comment(about: str) -> list[str]:
    lines = [line.strip() for line in about.strip().splitlines()]
    if len(lines) == 1 and len(lines[0]) + 7 <= WIDTH:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def _union(name: str, kind: Any) -> str:
    names = list(map(typescript, get_args(kind)))
    whole = f"export type {name} = {' | '.join(names)};"
    if len(whole) <= WIDTH:
        return whole + "\n"
    return "\n".join([f"export type {name} =", *(f"  | {one}" for one in names[:-1]), f"  | {names[-1]};", ""])


if __name__ == "__main__":
    PATH.write_text(declarations(), encoding="utf-8")
