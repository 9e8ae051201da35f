"""The scheduler that diffusers makes of a config, as its users get it."""

import functools
import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core.phrase import Phrase, Refusal
from .scheduler_classes import Unauditable, exported, is_placeholder, options_of

UNNAMED = "DDPMScheduler"


class Misbuilt(Refusal):
    """A class's own refusal of a config, in its own words."""


def class_of(config: Mapping[str, Any]) -> type:
    """The scheduler class that a config names; DDPMScheduler where it names none.

    Raises:
        Unauditable: diffusers has no such class, or one that lacks a library.
    """
    name = config.get("_class_name", UNNAMED)
    found = exported(name) if isinstance(name, str) else None
    if found is None:
        raise Unauditable(
            Phrase(
                "the diffusers installed here has no scheduler class {name}; update diffusers, or correct _class_name",
                name=name,
            )
        )
    if is_placeholder(found):
        try:
            found()
        except ImportError as error:
            raise Unauditable(" ".join(str(error).split())) from None
        raise Unauditable("diffusers exports an empty placeholder in its stead")
    return found


def built(config: Mapping[str, Any], schedule_keys: Mapping[str, Any] | None = None) -> Any:
    """The scheduler, by from_config; within Probing in float64, else in its own float32.

    Args:
        config: keys of a scheduler_config.json; what its class does not take is left out, as diffusers does.
        schedule_keys: keys that win over those of the config, where the class takes them.

    Raises:
        Unauditable: there is no such class here, or it cannot be built without what no config of it has.
        Misbuilt: the class refuses the config.
    """
    _quieten()
    the_class = class_of(config)
    known = options_of(the_class)
    defaulted = config.get("_use_default_values")
    left_out = set(defaulted) if isinstance(defaulted, (list, tuple)) else set()
    given = {**config, **(schedule_keys or {})}
    given = {key: value for key, value in given.items() if key in known and key not in left_out}
    try:
        with np.errstate(all="ignore"):
            return _from_config(the_class, given)
    except ImportError as error:
        raise Unauditable(" ".join(str(error).split())) from None
    except Exception as error:
        # Constructors raise whatever their arithmetic meets.
        missing = [key for key, value in known.items() if value is inspect.Parameter.empty and key not in given]
        if missing:
            needed = ", ".join(missing)
            raise Unauditable(
                "it needs {needed}, without a default; give what it needs as options", needed=needed
            ) from None
        name = the_class.__name__
        raise Misbuilt(
            "{name} cannot be built: {kind}: {error}",
            name=name,
            kind=type(error).__name__,
            error=" ".join(str(error).split()),
        ) from None


@contextmanager
def unwarned() -> Iterator[None]:
    """Within it, what diffusers and numpy warn of is passed over: what matters of it is told in findings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.cache
def _quieten() -> None:
    """What diffusers logs of a config is told in findings here."""
    for name in ("diffusers.schedulers", "diffusers.configuration_utils"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _from_config(the_class: Any, given: dict[str, Any]) -> Any:
    try:
        return the_class.from_config(given)
    except TypeError:
        if given.get("trained_betas") is None:
            raise
        # RePaint's takes a numpy array only.
        return the_class(**given | {"trained_betas": np.asarray(given["trained_betas"])})
