"""The blocks that a chapter is made of, as JSON for the browser. Words are named (see `chapter.words`), not said."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from ..component import packed

Words = dict[str, Any]


def tex(value: float, digits: int = 4) -> str:
    """A number in TeX with that many significant digits: 0.1234, 1.234\\times10^{-5}, \\infty."""
    value = float(value)
    if math.isnan(value):
        return r"\text{–}"
    if math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    size = abs(value)
    if size and not 1e-3 <= size < 1e5:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return rf"{mantissa}\times10^{{{int(exponent)}}}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size))) if size else 0
    return f"{value:.{min(decimals, 8)}f}"


def formula(*lines: str, note: Words | None = None) -> dict[str, Any]:
    r"""TeX lines, each its own display. Colours: \xO{x_0} \xT{x_t} \eps{ε} \xhat{x̂_0} \mean{μ} \sigz{σ_t z}.

    Words are \say{key}, a key of ui/text/<language>/tex.json; wherever a chapter has TeX.
    """
    return {"kind": "formula", "lines": list(lines), "note": note}


def numbers(*rows: tuple[str, float | str] | tuple[str, float | str, str]) -> dict[str, Any]:
    """A ledger: (TeX of the quantity, its number or TeX, and perhaps the symbol whose colour it has)."""
    return {
        "kind": "numbers",
        "rows": [
            {"tex": row[0], "value": row[1] if isinstance(row[1], str) else tex(row[1], 6), "symbol": (*row, "")[2]}
            for row in rows
        ],
    }


def picture(symbol: str, title: str, x: torch.Tensor, gain: float = 1.0, note: Words | None = None) -> dict[str, Any]:
    """One picture, (C,H,W) in [−1, 1] as black to white.

    Args:
        symbol: a key of views.theme.SYMBOLS, whose colour frames it.
        title: TeX.
        x: the numbers.
        gain: what they are multiplied by before they are drawn.
        note: a line under it.
    """
    shape = list(x.shape)
    assert len(shape) == 3 and shape[0] in (1, 3)
    return {"symbol": symbol, "title": title, "data": packed(x), "shape": shape, "gain": gain, "note": note}


def pictures(*items: dict[str, Any], note: Words | None = None, small: bool = False) -> dict[str, Any]:
    """A row of pictures made by `picture`; small ones make a film of many."""
    return {"kind": "pictures", "items": list(items), "note": note, "small": small}


def plot(figure: dict[str, Any], title: Words, note: Words | None = None) -> dict[str, Any]:
    """A figure as views.theory makes it, with its title and a line under it."""
    return {"kind": "plot", "figure": figure, "title": title, "note": note}


def listing(lines: Sequence[str], lit: int | None = None) -> dict[str, Any]:
    """The numbered lines of an algorithm in TeX, one of them lit."""
    return {"kind": "listing", "lines": list(lines), "lit": lit}


def remark(said: Words) -> dict[str, Any]:
    """A paragraph."""
    return {"kind": "remark", "say": said}
