"""A schedule that a program names, pastes or sends as an object; no file of this machine is read for it."""

import json
from typing import TYPE_CHECKING

from .answers import Config

if TYPE_CHECKING:
    from ..lab.read_schedule import ReadSchedule


def read_config(config: Config, quantity: str | None = None) -> "ReadSchedule":
    """What a config means.

    Args:
        config: a schedule's name, with parameters if wanted, as in "linear T=100 beta_end=0.2"; the text of a config or
            of a list, as JSON, CSV, YAML or Python has it; or the object itself.
        quantity: what a list holds; see `subject_of_text`.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    from ..lab.reading import read_text, subject_of_text

    if isinstance(config, dict):
        config = json.dumps(config)
    return read_text(config) if quantity is None else subject_of_text(config, quantity=quantity)
