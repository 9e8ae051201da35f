"""The blocks that a chapter is made of, as JSON for the browser. Words are named (see `chapter.words`), not said."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from ..page.component import packed
from ..protocol.chapter_blocks import (
    DerivationBlock,
    FormulaBlock,
    ListingBlock,
    NumberRow,
    NumbersBlock,
    Picture,
    PicturesBlock,
    PlotBlock,
    RemarkBlock,
)  # fmt: skip
from ..protocol.parts import Note
from .places import fill


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
        return fill(r"<mantissa>\times10^<exponent>", mantissa=mantissa, exponent=int(exponent))
    decimals = max(0, digits - 1 - math.floor(math.log10(size))) if size else 0
    return f"{value:.{min(decimals, 12)}f}"


def formula(*lines: str, note: Note | None = None) -> FormulaBlock:
    r"""TeX lines, each its own display. Colours: \xO{x_0} \xT{x_t} \eps{ε} \xhat{x̂_0} \mean{μ} \sigz{σ_t z}.

    Words are \say{key}, a key of ui/words/text/<language>/tex.json; wherever a chapter has TeX.
    """
    return {"kind": "formula", "lines": list(lines), "note": note}


def numbers(*rows: tuple[str, float | str] | tuple[str, float | str, str]) -> NumbersBlock:
    """A ledger: (TeX of the quantity, its number or TeX, and perhaps the symbol whose colour it has).

    A number is shown with 4 digits and, where the reader asks for them, with 6.
    """

    def row(quantity: str, value: float | str, symbol: str) -> NumberRow:
        few, full = (value, "") if isinstance(value, str) else (tex(value), tex(value, 6))
        return {"tex": quantity, "value": few, "full": "" if full == few else full, "symbol": symbol}

    return {"kind": "numbers", "rows": [row(one[0], one[1], str((*one, "")[2])) for one in rows]}


def picture(symbol: str, title: str, x: torch.Tensor | None, gain: float = 1.0, note: Note | None = None) -> Picture:
    """One picture, (C,H,W) in [−1, 1] as black to white.

    Args:
        symbol: a key of views.theme.SYMBOLS, whose colour frames it.
        title: TeX.
        x: the numbers; None where there are none yet, which is drawn as hatched paper, since black is a number.
        gain: what they are multiplied by before they are drawn.
        note: a line under it.
    """
    if x is None:
        return {"symbol": symbol, "title": title, "data": None, "shape": [1, 1, 1], "gain": gain, "note": note}
    shape = list(x.shape)
    assert len(shape) == 3 and shape[0] in (1, 3)
    return {"symbol": symbol, "title": title, "data": packed(x), "shape": shape, "gain": gain, "note": note}


def pictures(*items: Picture, note: Note | None = None, small: bool = False, wide: bool = False) -> PicturesBlock:
    """A row of pictures made by `picture`; small ones make a film of many, a wide row takes both columns."""
    return {"kind": "pictures", "items": list(items), "note": note, "small": small, "wide": wide}


def plot(figure: dict[str, Any], title: Note, note: Note | None = None) -> PlotBlock:
    """A figure as views.theory makes it, with its title and a line under it."""
    return {"kind": "plot", "figure": figure, "title": title, "note": note}


def listing(lines: Sequence[str], lit: int | None = None) -> ListingBlock:
    """The numbered lines of an algorithm in TeX, one of them lit."""
    return {"kind": "listing", "lines": list(lines), "lit": lit}


def remark(said: Note) -> RemarkBlock:
    """A paragraph."""
    return {"kind": "remark", "say": said}


def derivation(*rows: tuple[str, Note], note: Note | None = None) -> DerivationBlock:
    """Lines of a derivation in TeX, each with the reason why it follows from the one before."""
    return {"kind": "derivation", "rows": [{"tex": tex, "why": why} for tex, why in rows], "note": note}
