"""A schedule under examination: what goes in, what is said of it, and what it does."""

from collections.abc import Sequence
from typing import Any, TypedDict

from .parts import Figure, Float32, Float64


class Reference(TypedDict):
    """A schedule beside which others are shown, β_0…β_T."""

    name: str
    T: int
    betas: Float64


class Example(TypedDict):
    """A schedule to begin with; the label is the key of a text, or stands as it is."""

    label: str
    text: str


class Examples(TypedDict):
    """A group of them."""

    label: str
    entries: list[Example]


class LabStart(TypedDict):
    """What lab/lab.js starts from."""

    dashes: Sequence[str]
    most: int
    few_steps: int
    most_points: int
    most_bytes: int
    most_in_link: int
    figures: dict[str, Figure]
    shown: list[str]
    references: list[Reference]
    formats: list[str]
    examples: list[Examples]


class Card(TypedDict):
    """A finding as the reader sees it; `idle`: there is nothing to do about it, `patched`: the config that cures it."""

    code: str
    severity: str
    where: tuple[int, int] | None
    message: str
    fix: str
    reference: str
    patch: dict[str, Any] | None
    patched: dict[str, Any] | None
    idle: bool
    steps: int | None


# What sampling really visits: the paper's t, and log SNR in nats there; "class" is diffusers'.
Visits = TypedDict("Visits", {"steps": int, "class": str, "t": list[float], "log_snr": list[float | None]})


class Verdict(TypedDict):
    """What is said of a schedule."""

    name: str
    T: int
    betas: Float64
    config: dict[str, Any]
    read_as: list[str]
    trained: Reference | None
    sampling: Visits | None
    findings: list[Card]


class LabState(TypedDict):
    """The schedule under examination, as the lab announces it to what shows its consequences."""

    name: str
    betas: Float64
    config: dict[str, Any]
    T: int
    findings: list[Card]
    steps: str
    trained: str


class Exported(TypedDict):
    """A file."""

    name: str
    text: str


class EffectsStart(TypedDict):
    """What lab/effects.js starts from; levels: log SNR of the first and the last picture of a row."""

    dashes: Sequence[str]
    levels: tuple[float, float]
    usual_limit: float
    x_0: Float32
    eps: Float32
    channels: int
    height: int
    width: int
    references: list[Reference]


class Effects(TypedDict):
    """What a schedule does to training and sampling."""

    figures: dict[str, Figure]
    steps: int


class ClinicStart(TypedDict):
    """What lab/clinic.js starts from: names of checkpoints, how many classes the digits have, how many pictures."""

    names: list[str]
    digits: int
    most: int
    fewest: int


class ClinicTakes(TypedDict):
    """What pictures a network takes, and its classes; `needs_class`: it cannot be told none."""

    channels: int
    height: int
    width: int
    classes: list[str]
    needs_class: bool


class ClinicExamined(TypedDict):
    """What is said of a network; `worst`: a severity, or none; `more`: what can be folded away."""

    worst: str
    verdict: str
    cards: list[Card]
    notes: list[str]
    more: list[str]


class ClinicResult(TypedDict):
    """An examination of one network, or of two on the same pictures; the keys of figures are those of PANELS."""

    said: list[str]
    examined: list[ClinicExamined]
    figures: dict[str, Figure]


class TrialRow(TypedDict):
    """Pictures as the address of a PNG ("" if there are none), and what is told of them."""

    image: str
    told: str


class TrialOffer(TypedDict):
    """Keys of the config that would show a finding."""

    change: dict[str, Any]
    told: str


class TrialResult(TypedDict):
    """The network under a schedule, then under its own."""

    rows: list[TrialRow]
    said: list[str]
    offer: TrialOffer | None
