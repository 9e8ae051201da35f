"""One recipe of a comparison, and the chain that it makes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..core import RuleSampler, Step
from ..core.checks import unknown
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import check_sampling
from ..recipe import DEFAULT, Recipe, recipe_from_query, schedule_of
from ..run import labels_of
from .steady_chain import steps_in_double

# What a column may change of the recipe.
CHANGED = (
    "sampler", "num_steps", "spacing", "strength", "guidance", "clip_x_0", "add_noise", "label", "seed",
    "schedule", "T", "params", "zero_snr", "checkpoint", "options",
)  # fmt: skip
SCHEDULED = {"schedule", "T", "params", "zero_snr"}


@dataclass(frozen=True)
class Column:
    """One recipe of a comparison.

    Attributes:
        recipe: all its settings.
        given: those that were given, as they were.
    """

    recipe: Recipe
    given: dict[str, str]

    @property
    def is_rescheduled(self) -> bool:
        """Whether the chain walks another schedule than the network's own."""
        return bool(SCHEDULED & self.given.keys())


def parse_column(text: str) -> Column:
    """A column from "sampler=ddim num_steps=50 seed=1": names of the recipe's settings, as addresses have them.

    Raises:
        ValueError: no such setting, a value that it cannot have, or a word that sets nothing.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        told = repr(text[:60])
        raise Refusal("{text} cannot be read: {error}; close the quotation", text=told, error=error) from None
    given: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise Refusal("a column is made of name=value, got {got}; write sampler=ddim", got=repr(word[:60]))
        if name not in CHANGED:
            raise unknown(name, CHANGED, "a column has no setting {name}; it has {known}")
        if name in given:
            raise Refusal("{name} is set twice in {text}; set it once", name=name, text=repr(text[:60]))
        given[name] = value.lower() if isinstance(getattr(DEFAULT, name), bool) else value
    recipe, problems = recipe_from_query(given)
    if problems:
        raise Refusal(problems[0])
    return Column(recipe, given)


@dataclass(frozen=True, eq=False)
class ColumnChain:
    """A column made ready.

    Attributes:
        column: what was asked.
        checkpoint: its network, on the column's schedule.
        labels: class of each picture, (N,).
        path: t_S > … > 0.
    """

    column: Column
    checkpoint: Checkpoint
    labels: torch.Tensor
    path: tuple[int, ...]

    @classmethod
    def of(
        cls, column: Column, checkpoint_of: Callable[[str | None], Checkpoint], num_images: int
    ) -> ColumnChain:  # fmt: skip
        """The column on its checkpoint.

        Raises:
            ValueError: what the checkpoint cannot do.
        """
        checkpoint, recipe = checkpoint_of(column.given.get("checkpoint")), column.recipe
        sampling = recipe.sampling
        if "num_steps" not in column.given:
            sampling = replace(sampling, num_steps=min(recipe.num_steps, checkpoint.schedule.T))
        if column.is_rescheduled:
            checkpoint = rescheduled(checkpoint, recipe, "T" in column.given)
            if not isinstance(checkpoint.sampler_for(sampling)[0], RuleSampler):
                raise Refusal(
                    "{name} walks the schedule of the folder's own config; choose ddpm or ddim for another schedule",
                    name=sampling.sampler,
                )
        labels = labels_of(recipe.label, num_images, checkpoint)
        check_sampling(checkpoint, labels, sampling, guidance=recipe.guidance, seed=recipe.seed, batch_size=num_images)
        sampler, told = checkpoint.sampler_for(sampling)
        column = replace(column, recipe=recipe.with_(num_steps=sampling.num_steps))
        return cls(column, checkpoint, labels, tuple(sampler.path(checkpoint.schedule, told)))

    def steps(self, indices: range) -> Iterator[Step]:
        """The chain of some of the pictures."""
        recipe = self.column.recipe
        return steps_in_double(
            self.checkpoint, indices, self.labels[indices.start : indices.stop], recipe.sampling,
            guidance=recipe.guidance, seed=recipe.seed,
        )  # fmt: skip

    @property
    def log_snr(self) -> np.ndarray:
        """At every t of the path but 0, (S,); infinite where there is no signal."""
        alpha_bars = self.checkpoint.schedule.alpha_bars.double().numpy()[np.array(self.path[:-1])]
        with np.errstate(divide="ignore"):
            return np.log(alpha_bars) - np.log1p(-alpha_bars)

    def pairs(self, other: ColumnChain) -> np.ndarray:
        """For each step of another chain, the number of this one's whose log SNR is nearest, (S,)."""
        own, theirs = (np.nan_to_num(one.log_snr, neginf=-1e9, posinf=1e9) for one in (self, other))
        return np.abs(theirs[:, None] - own[None]).argmin(1)


def rescheduled(checkpoint: Checkpoint, recipe: Recipe, has_T: bool) -> Checkpoint:
    """The checkpoint on the recipe's schedule: at each t the network is told t, as a wrong config has it told.

    Raises:
        ValueError: a schedule of another length than the network knows.
    """
    T = checkpoint.schedule.T
    if not has_T and recipe.T != T:
        recipe = recipe.with_(T=T, t=min(recipe.t, T))
    schedule = schedule_of(recipe)
    if schedule.T != T:
        raise Refusal(
            "the network knows t in [1, {T}], a schedule of {got} steps needs others; leave T out or set it to {T}",
            T=T, got=schedule.T,
        )  # fmt: skip
    return replace(checkpoint, schedule=schedule)
