"""The scheduler classes of the installed diffusers, found by introspection, and how one of them is built."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import SPACINGS, Schedule
from ..core.checks import look_up, whole_number
from ..core.phrase import Phrase, PhrasedError, Refusal
from ..core.schedule import MAX_T
from .bounds import check_cost

DEFAULT_T = 1000


class Unauditable(PhrasedError):
    """Why a scheduler cannot be measured, as a sentence for the reader."""


def scheduler_classes() -> dict[str, type]:
    """Every scheduler class that diffusers exports, by name.

    A class whose optional dependency (torchsde, scipy, …) is not installed is there as the placeholder that
    diffusers exports in its stead; `audit` then says what is missing. Flax schedulers are left out.
    """
    import diffusers

    found = {name: exported(name) for name in sorted(dir(diffusers)) if "Scheduler" in name}
    return {name: one for name, one in found.items() if one is not None}


def exported(name: str) -> type | None:
    """The scheduler class, or its placeholder, that diffusers exports under a name; no other one is imported."""
    import diffusers

    if "Scheduler" not in name or name.startswith("Flax") or not name.isidentifier():
        return None
    found = getattr(diffusers, name, None)
    if not isinstance(found, type) or found is diffusers.SchedulerMixin:
        return None
    return found if is_placeholder(found) or issubclass(found, diffusers.SchedulerMixin) else None


def is_placeholder(scheduler_class: type) -> bool:
    """Whether diffusers exports this in the stead of a class whose dependency is missing."""
    return type(scheduler_class).__name__ == "DummyObject"


def scheduler_class(name: str) -> type:
    """The scheduler class of that name.

    Raises:
        ValueError: diffusers exports no scheduler of that name.
    """
    classes = scheduler_classes()
    return look_up(classes, name, "diffusers has no scheduler class {name}; choose one of {known}")


def options_of(scheduler_class: type) -> dict[str, Any]:
    """The options of a scheduler class's constructor with their defaults; `inspect.Parameter.empty` where none."""
    parameters = list(inspect.signature(getattr(scheduler_class, "__init__")).parameters.values())[1:]  # noqa: B009
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default for p in parameters if p.kind in named}


def unfit(scheduler_class: type) -> Phrase:
    """Why a class that takes no β_t, and is of no family that is known, drives no network of pictures here."""
    name, known = scheduler_class.__name__, options_of(scheduler_class)
    needed = [key for key, value in known.items() if value is inspect.Parameter.empty]
    if needed:
        return Phrase(
            "{name} needs {needed}, which belongs to other data than pictures of floats; choose another",
            name=name,
            needed=", ".join(needed),
        )
    if not hasattr(scheduler_class, "step"):
        return Phrase("{name} has no step that a loop could call; choose another", name=name)
    return Phrase(
        "{name} has a noise schedule of its own and cannot take this network's β_t; choose another", name=name
    )


def classes_that_set(kind: str) -> list[str]:
    """The classes whose set_timesteps takes a list of this name: "timesteps" or "sigmas"."""
    return [
        name
        for name, found in scheduler_classes().items()
        if not is_placeholder(found) and kind in inspect.signature(found.set_timesteps).parameters
    ]


def check_options(scheduler_class: type, options: Mapping[str, Any], spacing: str | None) -> None:
    """Refuse an option that the class does not have, and a size that no machine has room for.

    Raises:
        ValueError: unknown option or spacing, spacing given twice, or num_train_timesteps out of range.
    """
    check_cost(scheduler_class, options)
    name, known = scheduler_class.__name__, options_of(scheduler_class)
    for key, value in options.items():
        if key not in known:
            raise Refusal(
                "{name} has no option {key}; it has {known}", name=name, key=repr(key), known=", ".join(known) or "none"
            )
        if key == "num_train_timesteps":
            whole_number(key, value, 1, MAX_T, "correct it")
        if key == "timestep_spacing":
            look_up(SPACINGS, value, "unknown timestep_spacing {name}; choose one of {known}")
    if spacing is not None:
        look_up(SPACINGS, spacing, "unknown spacing {name}; choose one of {known}")
    if spacing is not None and options.get("timestep_spacing", spacing) != spacing:
        raise Refusal(
            "the spacing is asked to be {spacing} and {other}; give one of the two",
            spacing=repr(spacing),
            other=repr(options["timestep_spacing"]),
        )


def build(
    scheduler_class: type, options: Mapping[str, Any], spacing: str | None, schedule: Schedule | None
) -> tuple[Any, list[str]]:
    """A scheduler with these options, and notes on what it does not take.

    Args:
        scheduler_class: from `scheduler_classes`, or any class like these.
        options: constructor arguments; they win over what follows from `spacing` and `schedule`.
        spacing: a key of core.SPACINGS, or None for the class's own.
        schedule: its β_1…β_T are handed over as trained_betas; None for the class's own.

    Raises:
        Unauditable: a dependency is missing, or the class cannot be built without options that were not given.
        ValueError: the class refuses the options.
    """
    name, known, notes = scheduler_class.__name__, options_of(scheduler_class), []
    if is_placeholder(scheduler_class):
        try:
            scheduler_class()
        except ImportError as error:
            raise Unauditable(" ".join(str(error).split())) from None
        raise Unauditable("diffusers exports an empty placeholder in its stead")
    arguments = dict(options)
    if spacing is not None:
        if "timestep_spacing" in known:
            arguments["timestep_spacing"] = spacing
        else:
            notes.append(Phrase("{name} takes no timestep_spacing: its own spacing is audited", name=name))
    if schedule is not None:
        if "trained_betas" in known:
            given = {"trained_betas": schedule.betas[1:].tolist(), "num_train_timesteps": schedule.T}
            arguments = {key: value for key, value in given.items() if key in known} | arguments
        else:
            notes.append(Phrase("{name} takes no trained_betas: its own schedule is audited", name=name))
    check_cost(scheduler_class, arguments)
    missing = [key for key, value in known.items() if value is inspect.Parameter.empty and key not in arguments]
    if missing:
        raise Unauditable(
            "it needs {needed}, without a default; give what it needs as options", needed=", ".join(missing)
        )
    try:
        try:
            return scheduler_class(**arguments), notes
        except TypeError:
            if "trained_betas" not in arguments:
                raise
            # RePaint's takes a numpy array only.
            return scheduler_class(**arguments | {"trained_betas": np.asarray(arguments["trained_betas"])}), notes
    except ImportError as error:
        raise Unauditable(" ".join(str(error).split())) from None
    except Exception as error:
        # Constructors raise whatever their arithmetic meets.
        told = Phrase(
            "{name} cannot be built: {kind}: {error}",
            name=name,
            kind=type(error).__name__,
            error=" ".join(str(error).split()),
        )
        if options:
            raise Refusal("{told}; correct the options", told=told) from None
        raise Unauditable(told) from None
