"""What the components of the Lab tab send to the server."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...core import Schedule
from ...core.phrase import Refusal
from ...lab.number_list import parse_numbers
from ...lab.quantities import unchecked
from ...lab.read_schedule import ReadSchedule, with_numbers
from ...lab.reading import read_text
from ...recipe import DEFAULT

MOST_TOGETHER = 2500  # sampling steps that one question may take, all numbers of steps together


def config_in(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The scheduler config that was sent; empty for none."""
    config = asked.get("config") or {}
    if not isinstance(config, dict):
        raise Refusal("the config must be an object of keys and values; reload the page")
    if not isinstance(config.get("_class_name", ""), str):
        raise Refusal("the config must be an object of keys and values; reload the page")
    return with_numbers(config)[0]


def schedule_in(asked: Mapping[str, Any]) -> Schedule:
    """β_0…β_T as the browser sends them."""
    try:
        betas = np.frombuffer(base64.b64decode(str(asked["betas"]), validate=True), "<f8")
    except (KeyError, ValueError, binascii.Error):
        raise Refusal("betas must be float64 numbers in base64; reload the page") from None
    if len(betas) < 2:
        raise Refusal("a schedule has at least one step; reload the page")
    return unchecked(torch.from_numpy(betas[1:].copy()), "edited")


def sized(subject: ReadSchedule, asked: Mapping[str, Any]) -> ReadSchedule:
    size = str(asked.get("size") or "").strip()
    if not size:
        return subject
    if not size.isdecimal() or len(size) > 6 or not 1 <= int(size) <= 100_000:
        raise Refusal(
            "the picture's side must be a whole number in [1, 100000], got {got}; correct it", got=repr(size[:20])
        )
    return replace(subject, sample_size=int(size))


def with_besides(subject: ReadSchedule, asked: Mapping[str, Any]) -> ReadSchedule:
    """The subject with the size of its pictures, and with what the network was trained with."""
    trained = str(asked.get("trained") or "").strip()
    return sized(replace(subject, trained=read_text(trained)) if trained else subject, asked)


def lists_in(asked: Mapping[str, Any]) -> dict[str, tuple[float, ...] | None]:
    """The timesteps and σ that are asked for by number; None for none."""
    return {name: parse_numbers(str(asked.get(name) or ""), name) or None for name in ("timesteps", "sigmas")}


def steps_in(asked: Mapping[str, Any]) -> list[int]:
    """The numbers of steps in a text such as 10, 20, 50."""
    parts = str(asked.get("steps") or DEFAULT.lab_steps).replace(",", " ").split()
    if len(parts) > 8 or not all(_is_count(part) for part in parts):
        raise Refusal(
            "sampling steps must be up to 8 whole numbers in [1, 1000], got {got}; correct them",
            got=repr(" ".join(parts)[:40]),
        )
    steps = [int(part) for part in parts]
    if sum(steps) > MOST_TOGETHER:
        raise Refusal(
            "sampling steps may be {most} together, got {got}; ask for fewer, or on the command line",
            most=MOST_TOGETHER,
            got=sum(steps),
        )
    return steps


def _is_count(part: str) -> bool:
    """Whether this is a number of sampling steps; Python reads no number of thousands of digits."""
    return part.isdecimal() and len(part) <= 4 and 1 <= int(part) <= 1000
