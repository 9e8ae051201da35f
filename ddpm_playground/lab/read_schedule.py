"""What is examined: a schedule as it came, right or wrong, and what else its source says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ..bridge.bounds import check_cost
from ..bridge.diffusers_config import OTHER_FAMILIES, check_T, class_defaults, has_betas
from ..bridge.scheduler_classes import scheduler_classes
from ..core import SCHEDULES, Schedule, make_schedule
from ..core.checks import unknown
from ..core.phrase import Phrase, Refusal
from ..core.schedule import betas_from_alpha_bars
from .peers import PEERS, peer_schedule
from .quantities import unchecked
from .sampling_record import trained_table
from .unchecked_config import unchecked_from_config
from .visits import trained_levels


@dataclass(frozen=True, eq=False)
class ReadSchedule:
    """A schedule to examine.

    Attributes:
        schedule: unchecked: its β_t may be anything, NaN too.
        config: the scheduler config it came in, its class's defaults filled in; empty if it came in none.
        read_as: sentences about how it was read and converted.
        sample_size: side in pixels of the pictures it is used with, where the source says so.
        latent: whether these are an autoencoder's latents and not pixels.
        stored: what the source stores, a key of QUANTITIES.
        given: the config as it came, before the defaults were filled in.
        trained: what the network was trained with, where that is another; None where it is this one, or not known.
    """

    schedule: Schedule
    config: Mapping[str, Any] = field(default_factory=dict)
    read_as: tuple[str, ...] = ()
    sample_size: int | None = None
    latent: bool = False
    stored: str = "beta"
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    trained: "ReadSchedule | None" = None


def named_subject(name: str, T: int = 1000, params: Mapping[str, float] | None = None) -> ReadSchedule:
    """A schedule by its name, ours or a peer's.

    Raises:
        ValueError: unknown name or parameter, or a value out of range.
    """
    make_schedule("constant", T)
    if name in PEERS:
        schedule, told = peer_schedule(name, T, **(params or {}))
        return ReadSchedule(schedule, read_as=tuple(told), stored=PEERS[name].quantity)
    if name not in SCHEDULES:
        raise unknown(name, (*SCHEDULES, *PEERS), "unknown schedule {name}; choose one of {known}")
    return ReadSchedule(
        make_schedule(name, T, **(params or {})),
        read_as=(Phrase("{name}, T = {T:,}, as its paper defines it", name=name, T=T),),
    )


# Numbers that JSON has no digits for, as people and programs write them.
WORDS_OF_NUMBERS = {
    "Infinity": math.inf,
    "-Infinity": -math.inf,
    "inf": math.inf,
    "-inf": -math.inf,
    "NaN": math.nan,
    "nan": math.nan,
}
MAX_WHOLE = 2**63 - 1
# Of a class whose defaults cannot be asked for: whether diffusers has it, but not the library that it needs.
KEYS_ALONE = {
    True: "{name} needs a library that is not installed here, so its defaults are not known: its keys are taken as "
    "they stand",
    False: "{name} is no scheduler of the diffusers installed here: its keys are taken as they stand",
}
OTHER_STEPS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas")


def subject_of_config(config: Mapping[str, Any]) -> ReadSchedule:
    """A diffusers scheduler config, with the defaults of its class.

    Raises:
        OtherData: its class works on other data, so that it has no schedule.
        ValueError: what cannot be read as a schedule.
    """
    config, done = with_numbers(config)
    name = config.get("_class_name")
    check_cost(name if isinstance(name, str) else None, config)
    if name is None:
        defaults: Mapping[str, Any] = {}
        done.append(Phrase("no _class_name: read as DDPMScheduler reads it"))
    elif not isinstance(name, str):
        raise Refusal("_class_name must be the name of a scheduler class, got {got}; correct it", got=repr(name)[:60])
    else:
        check_T(config.get("num_train_timesteps", 1000))
        known = class_defaults(name)
        defaults = known or {}
        if known is None:
            done.append(Phrase(KEYS_ALONE[name in scheduler_classes()], name=name))
    filled = {**defaults, **config}
    schedule, told = schedule_of_config(filled)
    other = [key for key in OTHER_STEPS if filled.get(key) and key in defaults]
    if other:
        told = [
            *told,
            Phrase("{key}: sampling takes its steps from other σ; these curves are those of training", key=other[0]),
        ]
    stored = "beta" if has_betas(filled) else "sigma"
    return ReadSchedule(schedule, filled, (*done, *told), stored=stored, given=dict(config))


def schedule_of_config(filled: Mapping[str, Any]) -> tuple[Schedule, list[Phrase]]:
    """The training schedule of a config whose class's defaults are filled in, and sentences about how it was read.

    Where the scheduler that diffusers builds has another table of ᾱ_t than the config's β_t give (CogVideoX's
    snr_shift_scale), it is that one.

    Raises:
        OtherData: its class works on other data, so that it has no schedule.
        ValueError: what cannot be read as a schedule.
    """
    takes = class_defaults(str(filled.get("_class_name", "")))
    # What a class does not take, diffusers leaves out, and so must the schedule.
    read = {key: v for key, v in filled.items() if not takes or key in takes or key.startswith("_")}
    if takes and not has_betas(read) and not OTHER_FAMILIES & read.keys() and "flow_shift" not in read:
        # Neither β_t nor a family that is known here: its own levels are its schedule.
        levels = trained_levels(filled, check_T(read.get("num_train_timesteps", 1000)))
        if levels is not None and len(levels) > 1:
            name = str(read["_class_name"])
            return _of_alpha_bars(levels, name), [
                Phrase(
                    "{name} has no β_t: its own noise levels at {T:,} steps are taken for its schedule",
                    name=name,
                    T=len(levels),
                )
            ]
        raise Refusal(
            "{name} shows no noise levels with this config: it lacks a key that the class needs, or its T is none "
            "that the class takes; correct it",
            name=read.get("_class_name"),
        )
    schedule, told = unchecked_from_config(read)
    if not takes or "trained_betas" not in takes or not has_betas(read):
        return schedule, told
    table = trained_table(read)
    # The last one is let be: some classes keep ᾱ_T at 2⁻²⁴ in the stead of 0, so that their σ_T is finite.
    if table is None or len(table) != schedule.T or torch.allclose(table[:-1], schedule.alpha_bars[1:-1], 1e-9, 1e-12):
        return schedule, told
    if not bool(torch.isfinite(table).all()):
        return schedule, told
    return _of_alpha_bars(table, schedule.name), [
        *told,
        Phrase(
            "ᾱ_t are those of the {name} that diffusers builds, which changes what its β_t give",
            name=filled["_class_name"],
        ),
    ]


def _of_alpha_bars(table: torch.Tensor, name: str) -> Schedule:
    alpha_bars = torch.cat([torch.ones(1, dtype=torch.float64), table])
    return unchecked(betas_from_alpha_bars(alpha_bars, math.inf, -math.inf), name)


def with_numbers(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[Phrase]]:
    """A config whose words for infinite numbers are numbers.

    Raises:
        ValueError: a whole number that no program can hold.
    """
    done = []
    read = dict(config)
    for key, value in config.items():
        if isinstance(value, str) and value in WORDS_OF_NUMBERS:
            read[key] = WORDS_OF_NUMBERS[value]
            done.append(
                Phrase(
                    '"{word}" of {key} is read as the number; diffusers reads it only without the quotes',
                    key=key,
                    word=value,
                )
            )
        elif type(value) is int and abs(value) > MAX_WHOLE and key not in ("beta_start", "beta_end"):
            raise Refusal(
                "{key} must be a number of at most 64 bits, got a whole number of {digits} digits; correct it",
                key=str(key)[:60],
                digits=len(str(abs(value))),
            )
    return read, done


def plain_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config in JSON's types: its infinite numbers as words, which `subject_of_config` takes back."""
    words = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return {key: "NaN" if value != value else words.get(value, value) if type(value) is float else value
            for key, value in config.items()}  # fmt: skip
