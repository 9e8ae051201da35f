"""What holds, and what does not, of a network whose scheduler has noise levels of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...bridge.all_samplers import OWN, sampler_named
from ...bridge.diffusers_config import beta_config, has_betas, schedule_from_config
from ...bridge.driven_sampler import DrivenSampler
from ...bridge.families import FAMILIES, Family, family_of
from ...bridge.family_sampler import FamilySampler
from ...core import Sampler, Sampling, Schedule
from ...core.phrase import Phrase, Refusal
from .own_sampling import UNNAMED, OwnSampling

FAMILY_CLASSES = tuple(name for family in FAMILIES for name in family.classes)


def trained_schedule(config: Mapping[str, Any]) -> tuple[Schedule, tuple[Phrase, ...]]:
    """The schedule of a scheduler_config.json, of β_t or of a family's levels, and sentences about how it is shown.

    Raises:
        ValueError: neither, or one that cannot be had.
    """
    family = family_of(config)
    name = config.get("_class_name", UNNAMED)
    if family is None and not has_betas(config):
        raise Refusal(
            "{name} has no β_t, and noise levels of its own that are not known here; known are β_t and those of "
            "{known}",
            name=name,
            known=", ".join(FAMILY_CLASSES),
        )
    if family is None:
        return schedule_from_config(config), ()
    schedule, levels = FamilySampler(str(name), config, True, family=family).trained()
    return schedule, tuple(family.read_as(levels, schedule.T))


def elsewhere(family: Family | None) -> Phrase | None:
    """Why a network cannot be asked at the paper's t and x_t; None for one that can."""
    if family is None or family.as_ddpm:
        return None
    return Phrase(
        "this asks the network at DDPM's whole t with x_t of variance 1, and this network is one of {title}, asked at "
        "{asked}: only its own sampling holds; choose that, or another checkpoint",
        title=family.title,
        asked=family.asked,
    )


def check_engine(family: Family | None, engine: str) -> None:
    """Refuse an engine whose network is asked at whole t alone.

    Raises:
        ValueError: neither "auto" nor "eager" for a network of a family that is asked at others.
    """
    if family is not None and elsewhere(family) and engine not in ("auto", "eager"):
        raise Refusal(
            "this network is asked at {asked}, which only the engine eager can; choose that, got {got}",
            asked=family.asked,
            got=engine,
        )


def family_sampler(
    family: Family, own: OwnSampling, schedule: Schedule, sampling: Sampling
) -> tuple[Sampler, Sampling]:
    """What a sampler's name means on a network of a family, and what it is told.

    Raises:
        ValueError: no such sampler, or one that would ask the network for something else than it was trained for.
    """
    name, sampler = sampling.sampler, sampler_named(sampling.sampler)
    if name == OWN:
        steps = own.num_steps if sampling.num_steps is None else sampling.num_steps
        return FamilySampler(own.class_name, own.config, True, own.said, family), replace(sampling, num_steps=steps)
    if name == own.class_name or name in family.classes:
        return FamilySampler(name, own.config, True, own.said, family), sampling
    if not family.as_ddpm:
        raise Refusal(
            "{name} would ask this network at the t of a DDPM, and it is one of {title}, asked at {asked}; choose one "
            "of {known}",
            name=name,
            title=family.title,
            asked=family.asked,
            known=", ".join(dict.fromkeys([OWN, own.class_name, *family.classes])),
        )
    if isinstance(sampler, DrivenSampler) and sampler.config is None:
        says = {"prediction_type": own.config.get("prediction_type", "epsilon")}
        return DrivenSampler(sampler.class_name, beta_config(schedule) | says, said=own.said), sampling
    return sampler, sampling
