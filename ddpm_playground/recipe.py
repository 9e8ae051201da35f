"""Recipe: the whole setting of the playground as a handful of scalars, and what is made of them.

State is a recipe, never a result: all else is recomputed from it, and the page's address holds it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from .core import (
    PARAM_RANGES,
    SAMPLERS,
    SCHEDULES,
    SPACINGS,
    Schedule,
    make_schedule,
    rescale_zero_terminal_snr,
    schedule_params,
)
from .lab.foreign import FOREIGN

MAX_SCREEN_T = 4000
MAX_IMAGES = 64
POINTS_PER_IMAGE = 32  # a network of the plane makes so many points where another makes one picture
MAX_NAME = 40
MAX_LEVERS = 400  # characters of a chapter's levers, or of Train's settings, in a link
MAX_LAB_TEXT = 2000  # characters of a pasted schedule that go into a link
MAX_SEED = 2**53 - 1  # the largest whole number that a browser keeps exactly


@dataclass(frozen=True)
class Recipe:
    """Settings of the three tabs, in the order of the screen. Equal recipes give equal pictures."""

    tab: str = "reverse"
    # Schedule
    schedule: str = "linear"
    T: int = 1000
    params: str = ""
    zero_snr: bool = False
    compare: str = "cosine"
    t: int = 250
    # Forward
    digit: int = 7
    size: int = 28
    noise_seed: int = 0
    # Reverse
    checkpoint: str = "mnist"
    label: str = "all"
    guidance: float = 1.0
    sampler: str = "ddpm"
    num_steps: int = 200
    spacing: str = "trailing"
    strength: float = 0.0
    add_noise: bool = True
    clip_x_0: bool = True
    seed: int = 0
    num_images: int = 16
    from_forward: bool = False
    # Lab
    lab: str = "linear"
    lab_steps: str = "10, 20, 50"
    # Theory
    chapter: str = ""
    levers: str = ""
    # Train
    train: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            whole = isinstance(getattr(type(self), name), int)
            if value is None or value == "":
                raise ValueError(f"{name} is empty; type a number in [{_bound(low)}, {_bound(high)}]")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ValueError(
                    f"{name} must be in [{_bound(low)}, {_bound(high)}], got {value!r}; pick one in that range"
                )
            if whole and int(value) != value:
                raise ValueError(f"{name} must be a whole number, got {value!r}; round it")
            if whole:
                object.__setattr__(self, name, int(value))
        for name, allowed in CHOICES.items():
            for part in getattr(self, name).split(",") if name == "compare" else [getattr(self, name)]:
                if part not in allowed and not (name == "compare" and part == ""):
                    raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {part!r}; pick one of these")
        if self.label not in ("all", "none") and not (self.label.isdecimal() and int(self.label) < 1000):
            raise ValueError(f"label must be all, none or a class number, got {self.label!r}; pick one of these")
        if self.t > self.T:
            raise ValueError(f"t must be in [0, {self.T}], got {self.t}; raise T or lower t")
        if len(self.lab) > MAX_LAB_TEXT or len(self.lab_steps) > 100:
            raise ValueError(f"lab must have at most {MAX_LAB_TEXT} characters, lab_steps 100; open the file instead")
        if len(self.chapter) > MAX_NAME:
            raise ValueError(
                f"chapter must be a name of at most {MAX_NAME} characters, got {len(self.chapter)}; pick one"
            )
        if max(len(self.levers), len(self.train)) > MAX_LEVERS:
            raise ValueError(f"levers and train must have at most {MAX_LEVERS} characters; move them on the page")
        self.schedule_params()

    def schedule_params(self) -> dict[str, float]:
        """`params` ("beta_start:0.0001,beta_end:0.02") as numbers; what it leaves out has its default.

        Raises:
            ValueError: a parameter that the schedule does not have, or no number.
        """
        values = schedule_params(self.schedule)
        for part in filter(None, self.params.split(",")):
            key, _, number = part.partition(":")
            if key not in values:
                raise ValueError(f"schedule {self.schedule!r} has no parameter {key!r}; it has {', '.join(values)}")
            low, high, _ = PARAM_RANGES[key]
            try:
                values[key] = float(number)
            except ValueError:
                raise ValueError(f"{key} must be a number, got {number!r}; write {key}:0.01") from None
            if not low <= values[key] <= high:
                raise ValueError(f"{key} must be in [{low:g}, {high:g}], got {number}; pick one in that range")
        return values

    def with_(self, **changes: Any) -> "Recipe":
        """The recipe with some settings changed and checked again."""
        return replace(self, **changes)


RANGES: dict[str, tuple[float, float]] = {
    "T": (1, MAX_SCREEN_T),
    "t": (0, MAX_SCREEN_T),
    "digit": (0, 999),
    "size": (8, 512),
    "noise_seed": (0, MAX_SEED),
    "guidance": (0.0, 20.0),
    "num_steps": (1, MAX_SCREEN_T),
    "strength": (0.0, 1.0),
    "seed": (0, MAX_SEED),
    "num_images": (1, MAX_IMAGES),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "tab": ("schedule", "forward", "reverse", "lab", "theory", "train"),
    "schedule": tuple(SCHEDULES),
    "compare": tuple(SCHEDULES),
    "sampler": (*SAMPLERS, *FOREIGN),
    "spacing": tuple(SPACINGS),
}
DEFAULT = Recipe()


def _bound(value: float) -> str:
    """A bound as one would write it: whole numbers with all their digits."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def params_text(values: Mapping[str, float]) -> str:
    """Schedule parameters as a recipe holds them."""
    return ",".join(f"{key}:{value:.12g}" for key, value in values.items())


def recipe_from_query(query: Mapping[str, str]) -> tuple[Recipe, list[str]]:
    """The recipe that a page address asks for, and a sentence for each part that cannot be had.

    Unknown keys are left alone; a bad value is told and its default kept.
    """
    recipe, problems = DEFAULT, []
    wanted = {field.name: query[field.name] for field in fields(Recipe) if field.name in query}
    # T before t, and the schedule before its parameters, since the one bounds the other.
    for name, given in sorted(wanted.items(), key=lambda item: [f.name for f in fields(Recipe)].index(item[0])):
        default = getattr(DEFAULT, name)
        try:
            if isinstance(default, bool):
                if given not in ("true", "false"):
                    raise ValueError(f"{name} must be true or false, got {given!r}")
                value: Any = given == "true"
            elif isinstance(default, (int, float)):
                value = _number(name, given)
            else:
                value = given
            changes = {"T": value, "t": min(recipe.t, value)} if name == "T" else {name: value}
            recipe = recipe.with_(**changes)
        except ValueError as error:
            problems.append(str(error))
    return recipe, problems


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a number, got {text!r}; the default is used")
    return value


@lru_cache(maxsize=64)
def _schedule(name: str, T: int, params: tuple[tuple[str, float], ...], zero_snr: bool) -> Schedule:
    schedule = make_schedule(name, T, **dict(params))
    return rescale_zero_terminal_snr(schedule) if zero_snr else schedule


def schedule_of(recipe: Recipe) -> Schedule:
    """The schedule of a recipe, cached."""
    return _schedule(recipe.schedule, recipe.T, tuple(recipe.schedule_params().items()), recipe.zero_snr)
