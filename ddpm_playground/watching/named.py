"""A schedule by whatever stands for it in somebody's code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core import Schedule
from ..core.phrase import Refusal
from ..lab.parsed import subject_of_list
from ..lab.read_schedule import ReadSchedule, subject_of_config
from ..lab.reading import read_subject
from .own_config import config_of, subject_of_run
from .subject import is_scheduler, subject_of

KINDS = "a schedule's name, a config, a file or folder, a list of numbers, a scheduler or a pipeline"


def read_anything(what: Any, T: int | None = None, params: Mapping[str, float] | None = None) -> ReadSchedule:
    """A schedule as it was read.

    Args:
        what: a name, a scheduler config as a mapping, a path, β_t (or another quantity) as numbers, a core Schedule, a
            diffusers scheduler or a pipeline.
        T: steps of a named schedule.
        params: parameters of a named schedule.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    if isinstance(what, (str, Path)):
        return read_subject(str(what), T, params)
    if T is not None or params:
        raise Refusal(
            "T and parameters belong to a schedule's name, got {got}; leave them out", got=type(what).__name__
        )
    if isinstance(what, ReadSchedule):
        return what
    if isinstance(what, Schedule):
        return ReadSchedule(what)
    if isinstance(what, Mapping):
        return subject_of_config(dict(what))
    numbers = what.tolist() if hasattr(what, "tolist") else what
    if isinstance(numbers, (list, tuple)) and not any(is_scheduler(one) for one in numbers):
        return subject_of_list(list(numbers), "the list", None)
    try:
        subject = subject_of(*(what if isinstance(what, tuple) else (what,)))
    except Refusal:
        raise Refusal(
            "a schedule is {kinds}, got {got}; give one of these", kinds=KINDS, got=type(what).__name__
        ) from None
    scheduler = next(iter(subject.schedulers.values()))
    config = config_of(scheduler)
    if not config:
        raise Refusal(
            "{name} has no config that could be read; give {kinds}", name=type(scheduler).__name__, kinds=KINDS
        )
    return subject_of_run(config, subject.sample_size, subject.latent)
