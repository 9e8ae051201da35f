"""Schedules of few steps that add as much noise as the published ones of 1000."""

from ...core import Schedule, make_schedule

PUBLISHED_T = 1000


def short_schedule(name: str, T: int) -> Schedule:
    """The schedule of that name; β_t of those that are published for 1000 steps are scaled by 1000/T.

    Raises:
        ValueError: no such schedule, or so few steps that a β_t would not fit.
    """
    if name not in ("linear", "scaled_linear", "constant") or T == PUBLISHED_T:
        return make_schedule(name, T)
    ratio = PUBLISHED_T / T
    published = {"beta": 0.01 * ratio} if name == "constant" else {"beta_start": 1e-4 * ratio, "beta_end": 0.02 * ratio}
    return make_schedule(name, T, **published)
