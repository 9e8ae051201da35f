"""The shipped network for the chapters that ask it: it computes in float32, what is made of its word in float64."""

from functools import cache

from ..core import EpsPredictor, Schedule
from ..learn.data.pictures import bundled_digits
from ..recipe import DEFAULT
from ..run import shelf

CHECKPOINT = DEFAULT.checkpoint


def shipped_schedule() -> Schedule:
    """The schedule that the shipped network was trained with."""
    return shelf().load(CHECKPOINT).schedule


def shipped_eps() -> EpsPredictor:
    """The shipped network by the engine that runs it now; its word comes as float64 on the CPU."""
    # Here, since it brings diffusers with it, which the page starts without.
    from ..learn.judging.checkpoint_bound import on_host

    checkpoint = shelf().load(CHECKPOINT)
    return on_host(checkpoint.predictor(), checkpoint.device)


@cache
def first_of_class(c: int) -> int:
    """Place of the first bundled digit of class c, 0…9."""
    return int((bundled_digits().labels == c).nonzero()[0, 0])
