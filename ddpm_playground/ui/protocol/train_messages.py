"""A training run as the page asks for it and hears of it."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from .parts import Figure, Float32


class TrainStart(TypedDict):
    """What train/train.js starts from; sets: flat pairs within ±reach."""

    figures: dict[str, Figure]
    data: Sequence[str]
    sets: dict[str, Float32]
    T: int
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


class TrainMessage(TypedDict, total=False):
    """How a run stands. What is the same as before is not sent again; place: only while it waits.

    curve: [step, loss, smoothed loss] each; by_t: the loss by t, T in equal parts; samples, points, learned, exact:
    flat pairs, as step `viewed` had them at time t; sheet: the address of a PNG.
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
