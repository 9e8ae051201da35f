"""What Train's clock of the families is asked for, and what it says."""

from typing import Literal, TypedDict

from .parts import Figure, Float32
from .train_messages import Stops


class RaceStart(TypedDict):
    """What train/race.js starts from; paths: how many starts are followed."""

    figures: dict[str, Figure]
    levers: dict[str, Stops]
    paths: int
    reach: float


class RaceBegin(TypedDict):
    """A race that is asked for; text: Train's settings as the address has them."""

    visitor: str
    run: int
    text: str
    steps: int


class RaceRow(TypedDict):
    """What was measured of one predictor; ode, sde: pairs of `paths` starts, one point of time after the other."""

    name: str
    eps_error: list[float | None]
    energy: list[float | None]
    steps_enough: int | None
    straightness: float | None
    spread_of_sde: float | None
    ode: Float32
    sde: Float32


class RaceMessage(TypedDict, total=False):
    """How a race stands: gradient steps done of how many, and rows of those that are measured; complete in itself."""

    visitor: str
    run: int
    token: str
    state: Literal["waiting", "running", "done", "failed"]
    place: int
    problem: str
    done: int
    of: int
    data: str
    log_snr: list[float]
    steps: list[int]
    energy_of_real: float | None
    enough_at: float | None
    identity: float
    rows: list[RaceRow]
