"""The numbers of a run in the plane that have a lever: where each stops, and what it is without one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...core.checks import whole_number
from ...learn.data.planar import NUM_POINTS


class Lever(NamedTuple):
    """Where a lever stops, ascending, and where it begins. What is sent may be any whole number between its ends."""

    stops: tuple[int, ...]
    first: int


# A lever is one line here, with its word train.lever_<name>. Below T = 25 the linear schedule would have β_T ≥ 0.8.
LEVERS = {
    "n": Lever((2, 5, 10, 20, 50, 100, 200, 500, 1000, NUM_POINTS), NUM_POINTS),
    "T": Lever((25, 50, 100, 200, 400, 700, 1000), 200),
    "batch": Lever((8, 16, 32, 64, 128, 256, 512, 1024), 256),
    "width": Lever((8, 16, 32, 64, 128, 256, 512), 128),
    "steps": Lever((100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000), 100_000),
}


def number_asked(asked: Mapping[str, Any], name: str) -> int:
    """What is asked for of a lever; where it begins if nothing is.

    Raises:
        ValueError: no whole number, or outside.
    """
    lever, value = LEVERS[name], asked.get(name)
    if value is None:
        return lever.first
    return whole_number(name, value, lever.stops[0], lever.stops[-1], "move its slider")
