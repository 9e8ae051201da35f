"""What is examined: a schedule as it came, right or wrong, and what else its source says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import SCHEDULES, Schedule, make_schedule
from .diffusers_config import check_T, class_defaults, has_betas, unchecked_from_config
from .peers import PEERS, peer_schedule
from .said import said


@dataclass(frozen=True, eq=False)
class Subject:
    """A schedule to examine.

    Attributes:
        schedule: unchecked: its β_t may be anything, NaN too.
        config: the scheduler config it came in, its class's defaults filled in; empty if it came in none.
        read_as: sentences about how it was read and converted.
        sample_size: side in pixels of the pictures it is used with, where the source says so.
        latent: whether these are an autoencoder's latents and not pixels.
        stored: what the source stores, a key of QUANTITIES.
    """

    schedule: Schedule
    config: Mapping[str, Any] = field(default_factory=dict)
    read_as: tuple[str, ...] = ()
    sample_size: int | None = None
    latent: bool = False
    stored: str = "beta"


def named_subject(name: str, T: int = 1000, params: Mapping[str, float] | None = None) -> Subject:
    """A schedule by its name, ours or a peer's.

    Raises:
        ValueError: unknown name or parameter, or a value out of range.
    """
    make_schedule("constant", T)
    if name in PEERS:
        schedule, told = peer_schedule(name, T, **(params or {}))
        return Subject(schedule, read_as=tuple(told), stored=PEERS[name].quantity)
    if name not in SCHEDULES:
        raise ValueError(f"unknown schedule {name!r}; choose one of {', '.join((*SCHEDULES, *PEERS))}")
    return Subject(make_schedule(name, T, **(params or {})), read_as=(said("as-its-paper", name=name, T=T),))


OTHER_STEPS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas")


def subject_of_config(config: Mapping[str, Any]) -> Subject:
    """A diffusers scheduler config, with the defaults of its class.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    done = []
    name = config.get("_class_name")
    if name is None:
        defaults: Mapping[str, Any] = {}
        done.append(said("no-class"))
    elif not isinstance(name, str):
        raise ValueError(f"_class_name must be the name of a scheduler class, got {name!r}; correct it")
    else:
        check_T(config.get("num_train_timesteps", 1000))
        known = class_defaults(name)
        defaults = known or {}
        if known is None:
            done.append(said("unknown-class", name=name))
    filled = {**defaults, **config}
    # What a class does not take, diffusers leaves out, and so must the schedule.
    read = {key: v for key, v in filled.items() if not defaults or key in defaults or key.startswith("_")}
    schedule, told = unchecked_from_config(read)
    other = [key for key in OTHER_STEPS if filled.get(key) and key in defaults]
    if other:
        told = [*told, said("other-sigmas", key=other[0])]
    return Subject(schedule, filled, (*done, *told), stored="beta" if has_betas(filled) else "sigma")
