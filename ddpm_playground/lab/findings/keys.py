"""Keys of the config that its class leaves out, and what they would have done."""

import difflib
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from ...bridge.built import Misbuilt, built, class_of, unwarned
from ...bridge.diffusers_config import BETA_KEYS
from ...bridge.scheduler_classes import Unauditable, is_placeholder, options_of, scheduler_classes
from ..driving import Stepping, set_timesteps
from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from ..gaussian_run import Draws
from ..sampling_record import trained_table
from .patches import COMMON, Patch

# As many classes are built with a key and without it.
TRIED = 4
STEPS = 10


def ignored_key(case: ExaminedSchedule) -> Iterator[Finding]:
    """Keys that the class does not take: a warning where one would change the schedule or the sampling."""
    if case.takes is None:
        return
    ignored = [key for key in case.config if key not in case.takes and not key.startswith("_")]
    active = [key for key in ignored if case.config[key] not in (None, False)]
    if not active:
        return
    text = json.dumps(dict(case.runs_as), default=str)
    flows = any(record.convention == "flow" for record in case.records)
    weighty = [key for key in active if not _is_so_already(case, key, flows) and changes(text, key, flows)]
    if weighty:
        takers = takers_of(text, weighty[0])
        takers = [one for one in takers if set(weighty) <= options_of(scheduler_classes()[one]).keys()] or takers
        yield found(
            "ignored-key", "warning", None, _cures(case, takers, active),
            name=case.class_name, keys=", ".join(weighty), others=", ".join(takers[:3]),
        )  # fmt: skip
    rest = [key for key in active if key not in weighty]
    for key, own in _misspelt(case, rest).items():
        cures: list[Patch] = [{own: case.config[key], key: None}, {key: None}]
        yield found("ignored-key/misspelt", "warning", None, cures, name=case.class_name, keys=key, own=own)
        rest.remove(key)
    if rest and not weighty:
        without = [dict.fromkeys(rest)]
        yield found("ignored-key/harmless", "note", None, without, name=case.class_name, keys=", ".join(rest))


def _misspelt(case: ExaminedSchedule, keys: list[str]) -> dict[str, str]:
    """Keys that differ by a letter or two from an option of the class that has its default: key → option."""
    free = [own for own, default in (case.takes or {}).items() if case.config.get(own, default) == default]
    near = {key: difflib.get_close_matches(key, free, 1, cutoff=0.9) for key in keys}
    return {key: own[0] for key, own in near.items() if own}


def _cures(case: ExaminedSchedule, takers: list[str], active: list[str]) -> Iterator[Patch]:
    for key in active:
        # "flow_shift" where the class has "shift".
        for own in case.takes or {}:
            if own in key.split("_") or key in own.split("_") or key.endswith(f"_{own}") or own.endswith(f"_{key}"):
                yield {own: case.config[key], key: None}
    for name in takers[:TRIED]:
        known = options_of(scheduler_classes()[name])
        yield {"_class_name": name, **{key: None for key in active if key not in known}}
    yield dict.fromkeys(active)


def _is_so_already(case: ExaminedSchedule, key: str, flows: bool) -> bool:
    """Whether the class does without the key what it asks for: a flow class predicts the velocity along flow σ."""
    return flows and (key == "use_flow_sigmas" or (key, case.config[key]) == ("prediction_type", "flow_prediction"))


def takers_of(text: str, key: str) -> list[str]:
    """The classes that take a key, those that take most of the config's other keys first."""
    given = json.loads(text).keys()

    def rank(name: str) -> tuple[int, int, str]:
        place = COMMON.index(name) if name in COMMON else len(COMMON)
        return -len(given & options_of(scheduler_classes()[name]).keys()), place, name

    classes = {name: one for name, one in scheduler_classes().items() if not is_placeholder(one)}
    return sorted((name for name, one in classes.items() if key in options_of(one)), key=rank)


@functools.lru_cache(maxsize=128)
def changes(text: str, key: str, flows: bool = False) -> bool:
    """Whether a key changes the training table of a class that takes it, or the steps of two of them.

    The table is compared with that of the same class without the key; and, since a class may have as its default what
    another does not know, with the table of the config's own class, from which all that take the key must differ.
    One class's steps alone are its solver's own
    affair (PNDM's skip_prk_steps).

    Args:
        text: the config as JSON, its class's defaults filled in.
        key: of it.
        flows: whether its class samples along flow matching's σ, so that others are tried along these too.
    """
    config, steps, others = json.loads(text), 0, []
    own = _table(config)
    # What shapes the table of the own class, another must take too, or it has another table for that reason.
    shaped = {one for one in BETA_KEYS & config.keys() if config[one] not in (None, False)}
    shaped &= options_of(class_of(config)).keys()
    for name in takers_of(text, key)[:TRIED]:
        known = options_of(scheduler_classes()[name])
        with_it = {**config, "_class_name": name}
        if flows and "use_flow_sigmas" in known:
            with_it |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
        try:
            if all(others):
                table = _table(with_it) if shaped <= known.keys() else []
                # The last one is let be: some classes keep ᾱ_T at 2⁻²⁴ in the stead of 0.
                others.append(bool(own and table) and not _same([own[0][:-1]], [table[0][:-1]]))
            if known[key] == config[key]:
                continue
            with unwarned():
                ours, theirs = _traces(with_it), _traces({k: v for k, v in with_it.items() if k != key})
        except (Unauditable, Misbuilt):
            continue
        if not _same(ours[0], theirs[0]):
            return True
        steps += not _same(ours[1], theirs[1])
    return steps > 1 or (bool(others) and all(others))


def _table(config: Mapping[str, Any]) -> list[torch.Tensor]:
    """ᾱ_t of the scheduler, where it has them and they are what it samples by."""
    table = None if config.get("use_flow_sigmas") else trained_table(config)
    return [] if table is None else [table]


def _traces(config: Mapping[str, Any]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The training table, and the timesteps, levels and first step of a scheduler."""
    scheduler = built(config)
    tables = [getattr(scheduler, name, None) for name in ("alphas_cumprod", "sigmas")]
    table = [one.clone() for one in tables[:1] if isinstance(one, torch.Tensor)] or [
        one.clone() for one in tables if isinstance(one, torch.Tensor)
    ]
    told = {"mu": 1.0} if config.get("use_dynamic_shifting") else {}
    set_timesteps(scheduler, STEPS, told)
    x = 2.0 * torch.randn((1, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    levels = [getattr(scheduler, name, None) for name in ("timesteps", "sigmas")]
    after = [one.clone().double() for one in levels if isinstance(one, torch.Tensor)]
    try:
        step = Stepping(scheduler)
        with Draws(torch.Generator().manual_seed(1)), np.errstate(all="ignore"):
            step.scaled(x, 0)
            after.append(step(0, x, x.flip(-1), x))
    except Exception as error:
        raise Unauditable(str(error)) from None
    return table, after


def _same(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> bool:
    return len(ours) == len(theirs) and all(
        one.shape == other.shape and torch.allclose(one.double(), other.double(), 1e-5, 1e-7, equal_nan=True)
        for one, other in zip(ours, theirs, strict=True)
    )
