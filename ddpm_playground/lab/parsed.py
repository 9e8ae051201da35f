"""What a schedule's source holds once it is parsed: a config, settings with one in them, or lists of numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.phrase import Phrase, Refusal
from .guess import are_flow_times, guess_quantity
from .quantities import QUANTITIES, quantity_named, schedule_of_values
from .read_schedule import WORDS_OF_NUMBERS, ReadSchedule, subject_of_config
from .settings_text import LDM_KEYS, from_latent_diffusion, places_of

CONFIG_KEYS = {
    "_class_name",
    "beta_schedule",
    "trained_betas",
    "beta_start",
    "beta_end",
    "num_train_timesteps",
    "prediction_type",
    "timestep_spacing",
    "rescale_betas_zero_snr",
    "sigma_schedule",
    "shift",
    "flow_shift",
}
# What says that the keys beside it are a schedule's, wherever in a program's settings they stand.
SURE_KEYS = CONFIG_KEYS - {"_class_name", "prediction_type", "shift", "num_train_timesteps"} | LDM_KEYS


def subject_of_object(value: Any, name: str, quantity: str | None) -> ReadSchedule:
    """A scheduler config, an object of lists, or a program's settings that hold one of these.

    Raises:
        ValueError: no schedule in it, or several.
    """
    if not isinstance(value, dict):
        known = ", ".join(QUANTITIES)
        raise Refusal(
            "{name} holds no schedule; give a diffusers scheduler config, or a list under one of {known}",
            name=name,
            known=known,
        )
    if CONFIG_KEYS & value.keys() and not _of_another(value):
        return _of_config(value, name, quantity)
    lists = {key: one for key, one in value.items() if isinstance(one, list)}
    named = {key: known for key in lists if (known := quantity_named(key))}
    if quantity and lists:
        same = [key for key, known in named.items() if known == quantity]
        (*_, key) = same or [*named][::-1] or [*lists][::-1]
        return subject_of_list(lists[key], name, quantity)
    if named:
        key, known = next(iter(named.items()))
        if known == "sigma" and _are_numbers(lists[key]) and are_flow_times(lists[key]):
            subject = subject_of_list(lists[key], name, "flow_time")
            return replace(
                subject,
                read_as=(
                    Phrase(
                        "{key} falls from exactly 1 to 0 or near: these are flow times, not σ_t of x_0 + σ_t ε", key=key
                    ),
                    *subject.read_as,
                ),
            )
        return subject_of_list(lists[key], name, known)
    return _of_settings(value, name, quantity)


def _of_config(config: dict[str, Any], name: str, quantity: str | None) -> ReadSchedule:
    if quantity is not None:
        raise Refusal(
            "{name} is a scheduler config, and a quantity belongs to a list of numbers; leave it out", name=name
        )
    return subject_of_config(config)


def _of_another(value: Mapping[str, Any]) -> bool:
    """Whether this is the config of a network or the index of a pipeline."""
    name = value.get("_class_name")
    return isinstance(name, str) and not name.endswith("Scheduler") and not SURE_KEYS & value.keys()


def _of_settings(value: dict[str, Any], name: str, quantity: str | None) -> ReadSchedule:
    """The schedule somewhere within the settings of a program."""
    if isinstance(value.get("scheduler"), list):
        raise Refusal(
            "{name} is the index of a pipeline; give the pipeline's folder or its scheduler_config.json", name=name
        )
    if _of_another(value):
        other = str(value["_class_name"])[:60]
        raise Refusal(
            "{name} is the config of {other}, which is no scheduler; give its scheduler_config.json",
            name=name,
            other=other,
        )
    found = places_of(value, SURE_KEYS)
    if len(found) == 1:
        place, inner = found[0]
        told = [Phrase("found under {place}", place=place)] if place else []
        if LDM_KEYS & inner.keys():
            config, more = from_latent_diffusion(inner)
            told += more
        else:
            config = inner
        subject = _of_config(config, name, quantity)
        return replace(subject, read_as=(*told, *subject.read_as))
    if found:
        places = ", ".join(place or "…" for place, _ in found[:6])
        raise Refusal(
            "{name} holds {num_found} schedules ({places}); give one of them",
            name=name,
            num_found=len(found),
            places=places,
        )
    known = ", ".join(QUANTITIES)
    raise Refusal(
        "{name} holds no schedule; give a diffusers scheduler config, or a list under one of {known}",
        name=name,
        known=known,
    )


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def subject_of_list(values: Sequence[Any], name: str, quantity: str | None) -> ReadSchedule:
    """A list of numbers; None reads its quantity off its course.

    Raises:
        ValueError: what is no number, or no schedule.
    """
    numbers = []
    for place, value in enumerate(values):
        value = WORDS_OF_NUMBERS.get(value, value) if isinstance(value, str) else value
        if isinstance(value, (dict, list)):
            raise Refusal(
                "{name} must list numbers, got a list or object at place {place}; give one list",
                name=name,
                place=place + 1,
            )
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise Refusal(
                "{name} must list numbers, got {got} at place {place}; correct it",
                name=name,
                got=repr(str(value)[:40]),
                place=place + 1,
            )
        try:
            numbers.append(math.nan if value is None else float(value))
        except OverflowError:
            raise Refusal("{name} holds a whole number too large for float64; correct it", name=name) from None
    done = []
    if quantity is None and numbers:
        quantity = guess_quantity(numbers, name)
        done.append(
            Phrase(
                "taken for {symbol} by its course; name the list to say otherwise", symbol=QUANTITIES[quantity].symbol
            )
        )
    quantity = quantity or "beta"
    schedule, told = schedule_of_values(quantity, numbers, name)
    return ReadSchedule(schedule, read_as=(*done, *told), stored=quantity)
