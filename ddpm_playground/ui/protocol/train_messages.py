"""A training run as the page asks for it and hears of it."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from .parts import Figure, Float32


class Stops(TypedDict):
    """Where a lever can stand, ascending, and where it begins."""

    stops: Sequence[int]
    first: int


class OwnStart(TypedDict):
    """The reader's own mixture: the numbers of a Gaussian by name and range, the first one, and how many may be."""

    parts: list[tuple[float, float]]
    names: list[str]
    first: str
    most: int
    reach: float


class TrainStart(TypedDict):
    """What train/train.js starts from; sets: flat pairs within ±reach."""

    figures: dict[str, Figure]
    data: Sequence[str]
    sets: dict[str, Float32]
    levers: dict[str, Stops]
    own: OwnStart
    reach: float
    schedules: list[str]
    learning_rate: float
    most_drawn: int


class TrainBegin(TypedDict):
    """A run that is asked for; then: what it is to do first. "show" is a short one that nobody asked for."""

    visitor: str
    run: int
    then: Literal["resume", "pause", "single_step", "show"]
    data: str
    schedule: str
    learning_rate: float
    seed: int
    t: int
    points: list[tuple[float, float]] | None
    own: str
    n: int
    T: int
    batch: int
    width: int
    steps: int


class TrainMessage(TypedDict, total=False):
    """How a run stands. What is the same as before is not sent again; place: only while it waits.

    curve: [step, loss, smoothed loss] each; by_t: the loss by t, T in equal parts; samples, points, learned, exact:
    flat pairs, as step `viewed` had them at time t; sheet: the address of a PNG. data: those of the n points trained on
    that are shown; probes: [step, loss of held-out points]; levels, distance: t, and how far ε_θ is from the exact ε.
    """

    visitor: str
    run: int
    token: str
    state: str
    place: int
    problem: str
    step: int
    T: int
    seconds: float
    rate: float | None
    max_steps: int
    max_minutes: int
    loss: float | None
    learning_rate: float
    curve: list[tuple[int, float | None, float | None]]
    by_t: list[float | None]
    viewed: int
    t: int
    samples: Float32
    points: Float32
    learned: Float32
    exact: Float32
    sheet: str
    data: Float32
    n: int
    probes: list[tuple[int, float | None]]
    levels: list[int]
    distance: list[float | None]
    train: float | None
    held: float | None
    exact_train: float | None
    exact_held: float | None
    percentile: float | None
