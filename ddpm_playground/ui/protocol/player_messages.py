"""The player's messages; docs/protocol.md shows how they follow each other."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from .parts import Float16, Note


class StepNumbers(TypedDict):
    """The numbers of one step t → s; null where the sampler has no such number.

    own_sigma: whether σ is the network's own, another at each pixel; `sigmas` of the frames tell it.
    earlier: of the x̂_0 of one step ago, of two, …; of ε̂ instead if earlier_eps.
    measured: whether coef, earlier and sigma were found by taking the step.
    """

    t: int
    s: int
    alpha_bar: float | None
    snr: float | None
    sigma: float | None
    coef: tuple[float, float, float] | None
    line4: tuple[float, float] | None
    own_sigma: NotRequired[bool]
    earlier: NotRequired[Sequence[float]]
    earlier_eps: NotRequired[bool]
    measured: NotRequired[bool]


Frame = tuple[int, Float16, Float16 | None]
"""Step k, its x_t, and ε̂; null for x_0, of which nothing is predicted. Each is flat, N·C·H·W."""


Badge = Literal["live", "recorded"]


class RunSettings(TypedDict):
    """What made a run.

    label: a class's name, "all" or "none"; "" of a network that knows no classes.
    options: what a scheduler class is told besides, as "eta=0.5"; "" for nothing.
    guidance: W, which says nothing where the network is told no class.
    """

    checkpoint: str
    label: str
    sampler: str
    options: str
    steps: int
    guidance: float
    seed: int


class Colours(TypedDict):
    """How latents z are shown: red, green and blue are W z + b, in −1…1.

    weights: W, of each channel what it adds to red, green and blue.
    offset: b.
    told: what map that is.
    """

    weights: list[list[float]]
    offset: list[float]
    told: Note


class Opening(TypedDict):
    """The first message of a run. One frame in `every` steps is kept, as a run may hold `every_mb` MB at most.

    shape: N, C and the H and W of the frames: of large pictures every `grain`-th row and column alone is kept.
    asked: how many steps were asked for, of a whole chain; one that starts at a t below T takes its share of them.
    colours: of latents.
    decoder: the folder of what makes pictures of them; "" where nothing does.
    """

    run: str
    badge: Badge
    note: Note | str
    settings: NotRequired[RunSettings]
    shape: list[int]
    T: int
    clip: bool
    eps_matches: NotRequired[bool]
    add_noise: bool
    planar: bool
    labels: list[str]
    every: int
    every_mb: int
    grain: NotRequired[int]
    steps: list[StepNumbers]
    asked: NotRequired[int]
    colours: NotRequired[Colours]
    decoder: NotRequired[str]
    frames: list[Frame]
    seconds_left: float | None
    done: bool
    stopped: bool
    autoplay: bool


class Frames(TypedDict):
    """Frames `before`… of a run, of which there are `total`; the last one also says how the run ended.

    sigmas: where the network says σ itself, of each step the number, and over the pixels σ's mean, least and most.
    decoded: of latents, at some steps k, x̂_0 of the first pictures as an autoencoder decodes it, one beneath the other
        in a data: URL; k, how many, and that.
    """

    run: str
    before: int
    total: int
    frames: list[Frame]
    sigmas: NotRequired[list[tuple[int, float, float, float]]]
    decoded: NotRequired[list[tuple[int, int, str]]]
    at: NotRequired[int]
    seconds_left: NotRequired[float | None]
    done: NotRequired[bool]
    stopped: NotRequired[bool]
    problem: NotRequired[str]


class Waiting(TypedDict):
    """A run that is not begun: how many go before it, or null once it has been given up."""

    run: str
    place: int | None


class Gone(TypedDict):
    """A run whose frames the server no longer has."""

    run: str
    gone: Literal[True]


PlayerMessage = Opening | Frames | Waiting | Gone


class Missing(TypedDict):
    """What the player asks for: frame `first` of a run, and those after it."""

    run: str
    first: int
