"""What every page knows, and what Schedule and Forward are made of."""

from collections.abc import Sequence
from typing import Any, TypedDict

from .parts import Figure, Float32, Float64


class Param(TypedDict):
    """A parameter of a schedule: its range, its slider's step, and its published value."""

    low: float
    high: float
    step: float
    published: float


class ScheduleFacts(TypedDict):
    """Every schedule's parameters, how many schedules fit beside each other, and the largest T."""

    params: dict[str, dict[str, Param]]
    most: int
    most_T: int


class Betas(TypedDict):
    """β_0…β_T of a schedule that core/formulas.js does not have."""

    betas: Float64


class KatexFiles(TypedDict):
    """Names of Gradio's own files."""

    script: str
    style: str


class Facts(TypedDict, total=False):
    """What the page knows from the start. A test's page may know less.

    rooms: tab → its folder of scripts.
    """

    defaults: dict[str, Any]
    schedules: ScheduleFacts
    plotly: str
    katex: KatexFiles | None
    rooms: dict[str, str]


class CurvesStart(TypedDict):
    """What schedule/curves.js starts from: empty figures by quantity."""

    dashes: Sequence[str]
    few_steps: int
    most_points: int
    figures: dict[str, Figure]


class FilmstripPicture(TypedDict):
    """What schedule/filmstrip.js noises."""

    digit: int
    label: str
    channels: int
    height: int
    width: int
    x_0: Float32
    eps: Float32
    dashes: Sequence[str]


class ForwardPicture(TypedDict):
    """What forward/forward.js noises; `run` only makes each message another one."""

    run: int
    shape: list[int]
    x_0: Float32
    eps: Float32
    seed: int
    caption: str
    label: str


class Digits(TypedDict):
    """All digits as one PNG in base64, 40 in a row, and the class of each as one character."""

    atlas: str
    labels: str
