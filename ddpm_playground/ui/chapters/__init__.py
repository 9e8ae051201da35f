"""The chapters of the Theory tab; the table comes when it is asked for, since every one of them brings torch."""

from typing import TYPE_CHECKING

from ...learn.imports import IMPORTING

if TYPE_CHECKING:
    from .all_chapters import CHAPTERS as CHAPTERS
    from .all_chapters import PLACES as PLACES


def __getattr__(name: str) -> object:
    """`CHAPTERS` and `PLACES`, the tables."""
    if name not in ("CHAPTERS", "PLACES"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with IMPORTING:
        from . import all_chapters

    return getattr(all_chapters, name)
