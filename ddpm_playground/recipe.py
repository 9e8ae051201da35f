"""Recipe: the whole setting of the playground as a handful of scalars, and what is made of them.

State is a recipe, never a result: all else is recomputed from it, and the page's address holds it.
"""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from .bridge.all_samplers import ALL_SAMPLERS, NAMED
from .bridge.option_text import written_options
from .core import (
    SCHEDULES,
    SPACINGS,
    Sampling,
    Schedule,
    make_schedule,
    rescale_zero_terminal_snr,
    schedule_params,
)
from .core.checks import bound, no_longer, number, one_of, whole_number
from .core.phrase import Phrase, Refusal
from .core.plain_words import reason_of
from .tabs import EXPERIMENTS, TABS

MAX_SCREEN_T = 4000
MAX_IMAGES = 64
POINTS_PER_IMAGE = 32  # a network of the plane makes so many points where another makes one picture
MAX_NAME = 40
MAX_CLASS_DIGITS = 4  # of a class number: a network has at most 4,096
MAX_CHECKPOINT = 400
MAX_LEVERS = 400  # characters of a chapter's levers, of Train's settings or of a sampler's options, in a link
MAX_LAB_STEPS = 100
MAX_LAB_TEXT = 2000  # characters of a pasted schedule that go into a link
# What the Lab opens with: Stable Diffusion's schedule, beside those of the papers.
STABLE_DIFFUSION = {
    "_class_name": "DDIMScheduler",
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "steps_offset": 1,
}
MAX_SEED = 2**53 - 1  # the largest whole number that a browser keeps exactly


@dataclass(frozen=True)
class Recipe:
    """Settings of every tab, in the order of the screen. Equal recipes give equal pictures."""

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
    options: str = ""
    num_steps: int = 200
    spacing: str = "trailing"
    strength: float = 0.0
    add_noise: bool = True
    clip_x_0: bool = True
    seed: int = 0
    num_images: int = 16
    from_forward: bool = False
    # Lab
    lab: str = json.dumps(STABLE_DIFFUSION, indent=2)
    lab_steps: str = "10, 20, 50"
    lab_trained: str = ""
    lab_timesteps: str = ""
    lab_sigmas: str = ""
    # Theory
    chapter: str = ""
    levers: str = ""
    # Train
    train: str = ""
    # Experiments
    experiment: str = "auto"
    columns: str = ""
    branch: str = ""
    own_picture: str = ""
    nearest: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            text = getattr(self, field.name)
            if isinstance(field.default, str) and not isinstance(text, str):
                raise Refusal(
                    "{name} must be a text, got {got}; pick one of the list", name=field.name, got=str(text)[:40]
                )
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            whole = isinstance(getattr(type(self), name), int)
            if value is None or value == "":
                raise Refusal(
                    "{name} is empty; type a number in [{low}, {high}]", name=name, low=bound(low), high=bound(high)
                )
            if whole and isinstance(value, float) and value.is_integer():
                value = int(value)
            checked = whole_number(name, value, int(low), int(high)) if whole else number(name, value, low, high)
            if whole:
                object.__setattr__(self, name, checked)
        for name, allowed in CHOICES.items():
            for part in getattr(self, name).split(",") if name == "compare" else [getattr(self, name)]:
                if part or name != "compare":
                    one_of(name, part, allowed)
        if self.label not in ("all", "none") and not (self.label.isdecimal() and len(self.label) <= MAX_CLASS_DIGITS):
            raise Refusal(
                "label must be all, none or a class number, got {got}; pick one of these", got=repr(self.label[:40])
            )
        if self.t > self.T:
            raise Refusal("t must be in [0, {T}], got {got}; raise T or lower t", T=self.T, got=self.t)
        if max(map(len, (self.lab, self.lab_trained, self.lab_timesteps, self.lab_sigmas))) > MAX_LAB_TEXT:
            raise Refusal(
                "what the Lab is asked must have at most {most} characters; open the file instead", most=MAX_LAB_TEXT
            )
        if len(self.lab_steps) > MAX_LAB_STEPS:
            raise Refusal(
                "lab_steps must have at most {most} characters; ask for fewer numbers of steps", most=MAX_LAB_STEPS
            )
        if len(self.checkpoint) > MAX_CHECKPOINT:
            raise Refusal(
                "checkpoint must be a name of at most {most} characters, got {got}; choose one of the list",
                most=MAX_CHECKPOINT,
                got=len(self.checkpoint),
            )
        if len(self.chapter) > MAX_NAME:
            raise Refusal(
                "chapter must be a name of at most {most} characters, got {got}; pick one",
                most=MAX_NAME,
                got=len(self.chapter),
            )
        if max(map(len, (self.columns, self.branch, self.own_picture, self.nearest))) > MAX_LAB_TEXT:
            raise Refusal(
                "what an experiment is set to must have at most {most} characters; set it on the page",
                most=MAX_LAB_TEXT,
            )
        if max(len(self.levers), len(self.train)) > MAX_LEVERS:
            raise Refusal(
                "levers and train must have at most {most} characters; move them on the page", most=MAX_LEVERS
            )
        self._check_options()
        self.schedule_params()

    def _check_options(self) -> None:
        no_longer(
            "options", self.options, MAX_LEVERS,
            "{name} must have at most {most} characters, got {got}; leave some of them out",
        )  # fmt: skip
        if written_options(self.options) and self.sampler in ALL_SAMPLERS:
            raise Refusal(
                "options are for a scheduler class of diffusers, got the sampler {name}; leave them out, or choose a "
                "class",
                name=self.sampler,
            )

    def schedule_params(self) -> dict[str, float]:
        """`params` ("beta_start:0.0001,beta_end:0.02") as numbers; what it leaves out has its default.

        Raises:
            ValueError: a parameter that the schedule does not have, or no number.
        """
        values = schedule_params(self.schedule)
        for part in filter(None, self.params.split(",")):
            key, _, given = part.partition(":")
            if key not in values:
                raise Refusal(
                    "schedule {name} has no parameter {key}; it has {known}",
                    name=repr(self.schedule),
                    key=repr(key),
                    known=", ".join(values),
                )
            low, high, _ = SCHEDULES[self.schedule].ranges[key]
            try:
                values[key] = float(given)
            except ValueError:
                raise Refusal("{key} must be a number, got {got}; write {key}:0.01", key=key, got=repr(given)) from None
            number(key, values[key], low, high)
        return values

    @property
    def sampling(self) -> Sampling:
        """How the chain is sampled; `strength` is its eta_or_w by the name that addresses have for it."""
        return Sampling(
            sampler=self.sampler,
            eta_or_w=self.strength,
            num_steps=self.num_steps,
            spacing=self.spacing,
            clip_x_0=self.clip_x_0,
            add_noise=self.add_noise,
            options=written_options(self.options),
        )

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
# Field: the table that it names a row of, as it is when it is checked.
CHOICES: dict[str, Collection[str]] = {
    "tab": TABS,
    "schedule": SCHEDULES,
    "compare": SCHEDULES,
    "sampler": NAMED,
    "spacing": SPACINGS,
    "experiment": EXPERIMENTS,
}
DEFAULT = Recipe()


def recipe_from_query(query: Mapping[str, str]) -> tuple[Recipe, list[Phrase]]:
    """The recipe that a page address asks for, and a sentence for each part that cannot be had.

    Unknown keys are left alone; a bad value is told and its default kept.
    """
    recipe = DEFAULT
    problems: list[Phrase] = []
    wanted = {field.name: query[field.name] for field in fields(Recipe) if field.name in query}
    # T before t, and the schedule before its parameters, since the one bounds the other.
    for name, given in sorted(wanted.items(), key=lambda item: [f.name for f in fields(Recipe)].index(item[0])):
        default = getattr(DEFAULT, name)
        try:
            if isinstance(default, bool):
                if given not in ("true", "false"):
                    raise Refusal("{name} must be true or false, got {got}", name=name, got=repr(given))
                value: Any = given == "true"
            elif isinstance(default, (int, float)):
                value = _number(name, given)
            else:
                value = given
            changes = {"T": value, "t": min(recipe.t, value)} if name == "T" else {name: value}
            recipe = recipe.with_(**changes)
        except ValueError as error:
            problems.append(reason_of(error))
    return recipe, problems


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Refusal("{name} must be a number, got {got}; the default is used", name=name, got=repr(text))
    return value


@lru_cache(maxsize=64)
def _schedule(name: str, T: int, params: tuple[tuple[str, float], ...], zero_snr: bool) -> Schedule:
    schedule = make_schedule(name, T, **dict(params))
    return rescale_zero_terminal_snr(schedule) if zero_snr else schedule


def schedule_of(recipe: Recipe) -> Schedule:
    """The schedule of a recipe, cached."""
    return _schedule(recipe.schedule, recipe.T, tuple(recipe.schedule_params().items()), recipe.zero_snr)
