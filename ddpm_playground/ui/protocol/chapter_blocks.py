"""What a chapter of the Theory tab shows."""

from typing import Any, Literal, TypedDict

from .parts import Figure, Float32, Note


class FormulaBlock(TypedDict):
    """TeX, line by line."""

    kind: Literal["formula"]
    lines: list[str]
    note: Note | None


class NumberRow(TypedDict):
    """TeX of a quantity and of its value, and the symbol whose colour it has, or "".

    full: the value with all its digits, or "" where there are no more.
    """

    tex: str
    value: str
    full: str
    symbol: str


class NumbersBlock(TypedDict):
    """A ledger."""

    kind: Literal["numbers"]
    rows: list[NumberRow]


class Picture(TypedDict):
    """(C,H,W) in [−1, 1], multiplied by `gain` before it is drawn; data is null where there is nothing yet."""

    symbol: str
    title: str
    data: Float32 | None
    shape: list[int]
    gain: float
    note: Note | None


class PicturesBlock(TypedDict):
    """A row of pictures."""

    kind: Literal["pictures"]
    items: list[Picture]
    note: Note | None
    small: bool
    wide: bool


class PlotBlock(TypedDict):
    """A plot."""

    kind: Literal["plot"]
    figure: Figure
    title: Note
    note: Note | None


class ListingBlock(TypedDict):
    """The lines of an algorithm in TeX, one of them lit."""

    kind: Literal["listing"]
    lines: list[str]
    lit: int | None


class RemarkBlock(TypedDict):
    """A paragraph."""

    kind: Literal["remark"]
    say: Note


class DerivationRow(TypedDict):
    """A line in TeX, and why it follows from the one before."""

    tex: str
    why: Note


class DerivationBlock(TypedDict):
    """A derivation."""

    kind: Literal["derivation"]
    rows: list[DerivationRow]
    note: Note | None


class DiagramBlock(TypedDict):
    """Graphs of models; see ui/chapters/graphs.py."""

    kind: Literal["diagram"]
    graphs: list[dict[str, Any]]
    title: Note
    note: Note | None


Drawn = PicturesBlock | PlotBlock | DiagramBlock
Block = FormulaBlock | NumbersBlock | ListingBlock | RemarkBlock | DerivationBlock | Drawn


class ChapterAsked(TypedDict):
    """The values of a chapter's levers by their keys."""

    chapter: str
    values: dict[str, Any]


class ChapterAnswer(TypedDict):
    """What a chapter shows; kept: how much of it was there from an earlier answer."""

    blocks: list[Block]
    answer: int
    because: Note
    in_effect: dict[str, float]
    ms: float
    kept: Literal["none", "some", "all"]
