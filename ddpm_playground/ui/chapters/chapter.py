"""A chapter of the Theory tab: what can be dragged, what is computed from it, and which source runs."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ...core.checks import number, one_of, whole_number
from ...core.phrase import Refusal
from ..protocol.chapter_blocks import Block
from ..protocol.parts import Note
from ..words.text import note

PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Slider:
    """A number in [low, high]; `log` makes the slider's way logarithmic. Its label is the chapter's text `key`."""

    key: str
    low: float
    high: float
    value: float
    step: float = 1
    log: bool = False
    kind: str = "slider"

    def read(self, raw: object) -> float | int:
        """The number that was sent.

        Raises:
            ValueError: no number, or outside [low, high].
        """
        value = number(self.key, raw, self.low, self.high, "move it")
        return round(value) if float(self.step).is_integer() else value


@dataclass(frozen=True)
class Choice:
    """One of some names; the label of each is the chapter's text option_<name>.

    Attributes:
        restarts: key of the Steps that begin anew when another is chosen; "" for none.
    """

    key: str
    options: tuple[str, ...]
    value: str
    restarts: str = ""
    kind: str = "choice"

    def read(self, raw: object) -> str:
        """The name that was sent.

        Raises:
            ValueError: none of the options.
        """
        return one_of(self.key, raw, self.options)


@dataclass(frozen=True)
class Bars:
    """A row of heights in [low, high] that the reader draws with the finger.

    Attributes:
        at: what each bar stands at, for its name and the axis; as many as `value`.
    """

    key: str
    low: float
    high: float
    value: tuple[float, ...]
    at: tuple[float, ...]
    kind: str = "bars"

    def read(self, raw: object) -> tuple[float, ...]:
        """The heights that were sent.

        Raises:
            ValueError: another count, or one outside [low, high].
        """
        heights: list[Any] = list(raw) if isinstance(raw, Sequence) and not isinstance(raw, str) else []
        fit = all(isinstance(v, (int, float)) and self.low <= v <= self.high for v in heights)
        if len(heights) != len(self.value) or not fit:
            raise Refusal(
                "{key} must be {count} numbers in [{low}, {high}]; draw them again",
                key=self.key,
                count=len(self.value),
                low=f"{self.low:g}",
                high=f"{self.high:g}",
            )
        return tuple(float(v) for v in heights)


@dataclass(frozen=True)
class Steps:
    """A count of single steps done since the start, 0…most, moved by buttons: back to 0, one on, slowly, run.

    Attributes:
        run_by: how many steps at once "run" takes.
        lands: what is left of every count that "run" stops at when it is divided by `run_by`, so that its stops show
            the same line, whichever it was started from.
        scrub: whether the count can be dragged, too.
    """

    key: str
    most: int
    value: int = 0
    run_by: int = 1
    lands: int = 0
    scrub: bool = False
    kind: str = "steps"

    def read(self, raw: object) -> int:
        """The count that was sent.

        Raises:
            ValueError: no whole number in [0, most].
        """
        return whole_number(self.key, raw, 0, self.most, "start again")


Control = Slider | Choice | Bars | Steps


@dataclass(frozen=True)
class Shown:
    """What a chapter shows for some values of its controls.

    Attributes:
        blocks: made by `show`, in the order of the screen.
        answer: index of the right choice of the chapter's question.
        because: the words that explain the answer with its numbers.
        in_effect: key of a slider → the value that was computed with, where it may be another than the slider's.
    """

    blocks: list[Block]
    answer: int
    because: Note
    in_effect: Mapping[str, float] = field(default_factory=dict)


class Keeps(NamedTuple):
    """What each visitor of a chapter has of their own, one for each value of a control, from one answer to the next."""

    control: str
    make: Callable[[Any], Any]


@dataclass(frozen=True)
class Chapter:
    """One chapter; its texts are title, claim, question, choice_0… and what `compute` says, in ch_<name>.json.

    Attributes:
        name: of the chapter, in the address and in its texts' file.
        controls: what the reader may move.
        compute: (values by control key) → Shown; of one that keeps something (values, that) → Shown.
        sources: the functions that run, shown in the drawer as they stand.
        choices: how many choices the question has.
        keeps: what goes on from one answer to the next; None where an answer depends on the values alone.
    """

    name: str
    controls: tuple[Control, ...]
    compute: Callable[..., Shown]
    sources: tuple[Callable, ...]
    choices: int = 3
    keeps: Keeps | None = None

    def read(self, raw: object) -> dict[str, Any]:
        """The values of every control; what was not sent has its default.

        Raises:
            ValueError: one of them is none that the control allows.
        """
        given = raw if isinstance(raw, Mapping) else {}
        return {control.key: control.read(given.get(control.key, control.value)) for control in self.controls}

    def shown(self, values: Mapping[str, Any], kept: Any = None) -> Shown:
        """What it shows for values that `read` returned.

        Args:
            values: of its controls.
            kept: what it goes on with, if it keeps something; None makes it anew.
        """
        if self.keeps is None:
            return self.compute(values)
        return self.compute(values, self.keeps.make(values[self.keeps.control]) if kept is None else kept)

    def drawer(self) -> list[dict[str, str]]:
        """The source of what runs: {"where": path · name, "code"}, read from the code itself."""
        return [{"where": _place(function), "code": inspect.getsource(function)} for function in self.sources]

    def described(self) -> dict[str, Any]:
        """What the browser must know of it."""
        return {
            "name": self.name, "choices": self.choices, "controls": [asdict(control) for control in self.controls],
        }  # fmt: skip


def _place(function: Callable) -> str:
    path = Path(inspect.getsourcefile(inspect.unwrap(function)) or "")
    return f"{path.relative_to(PACKAGE.parent).as_posix()} · {function.__qualname__}"


def words(name: str) -> Callable[..., Note]:
    """A function that names a text of the chapter and what fills its places; the browser says it."""

    def say(key: str, **values: object) -> Note:
        return note(f"ch_{name}.{key}", **{k: _filled(v) for k, v in values.items()})

    return say


def _filled(value: object) -> object:
    return value if isinstance(value, (str, int, dict)) else float(f"{value:.6g}") if _finite(value) else str(value)


def _finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)
