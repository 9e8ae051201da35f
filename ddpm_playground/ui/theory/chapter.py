"""A chapter of the Theory tab: what can be dragged, what is computed from it, and which source runs."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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
        if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not self.low <= raw <= self.high:
            raise ValueError(f"{self.key} must be a number in [{self.low:g}, {self.high:g}], got {raw!r}; move it")
        return round(raw) if float(self.step).is_integer() else float(raw)


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
        if raw not in self.options:
            raise ValueError(f"{self.key} must be one of {', '.join(self.options)}, got {raw!r}; pick one of these")
        return str(raw)


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
            raise ValueError(
                f"{self.key} must be {len(self.value)} numbers in [{self.low:g}, {self.high:g}]; draw them again"
            )
        return tuple(float(v) for v in heights)


@dataclass(frozen=True)
class Steps:
    """A count of single steps done since the start, 0…most, moved by buttons: back to 0, one on, slowly, run.

    Attributes:
        run_by: how many steps at once "run" takes.
        scrub: whether the count can be dragged, too.
    """

    key: str
    most: int
    value: int = 0
    run_by: int = 1
    scrub: bool = False
    kind: str = "steps"

    def read(self, raw: object) -> int:
        """The count that was sent.

        Raises:
            ValueError: no whole number in [0, most].
        """
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= self.most:
            raise ValueError(f"{self.key} must be a whole number in [0, {self.most}], got {raw!r}; start again")
        return raw


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

    blocks: list[dict[str, Any]]
    answer: int
    because: dict[str, Any]
    in_effect: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Chapter:
    """One chapter; its texts are title, claim, question, choice_0… and what `compute` says, in ch_<name>.json.

    Attributes:
        name: of the chapter, in the address and in its texts' file.
        controls: what the reader may move.
        compute: (values by control key, the visitor's id) → Shown.
        sources: the functions that run, shown in the drawer as they stand.
        choices: how many choices the question has.
    """

    name: str
    controls: tuple[Control, ...]
    compute: Callable[[Mapping[str, Any], str], Shown]
    sources: tuple[Callable, ...]
    choices: int = 3

    def read(self, raw: object) -> dict[str, Any]:
        """The values of every control; what was not sent has its default.

        Raises:
            ValueError: one of them is none that the control allows.
        """
        given = raw if isinstance(raw, Mapping) else {}
        return {control.key: control.read(given.get(control.key, control.value)) for control in self.controls}

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


def words(name: str) -> Callable[..., dict[str, Any]]:
    """A function that names a text of the chapter and what fills its places; the browser says it."""

    def say(key: str, **values: object) -> dict[str, Any]:
        return {"@": f"ch_{name}.{key}"} | {k: _filled(v) for k, v in values.items()}

    return say


def _filled(value: object) -> object:
    return value if isinstance(value, (str, int, dict)) else float(f"{value:.6g}") if _finite(value) else str(value)


def _finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)
