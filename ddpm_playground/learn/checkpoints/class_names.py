"""What the classes of a checkpoint are called."""

from collections.abc import Mapping
from typing import Any

from .checkpoint_error import CheckpointError

# Where the names of the classes stand: a private key, which diffusers passes over without a word; older folders have
# the plain one.
NAMES = ("_class_names", "class_names")


def class_names_in(scheduler_config: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """The names of so many classes, their numbers where there are none.

    Raises:
        CheckpointError: what stands there is no such list.
    """
    told = [(key, scheduler_config[key]) for key in NAMES if scheduler_config.get(key) is not None]
    for key, names in told:
        fits = isinstance(names, list) and len(names) in (0, count)
        if not fits or not all(isinstance(name, str) for name in names):
            raise CheckpointError(
                "{key} in scheduler_config.json must be {count} names; correct them", key=key, count=count
            )
    return tuple(next((names for _, names in told if names), map(str, range(count))))
