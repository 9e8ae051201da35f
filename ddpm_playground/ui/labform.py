"""What the components of the Lab tab send to the server."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..core import Schedule
from ..lab.quantities import unchecked
from ..lab.subject import Subject
from ..recipe import DEFAULT


def config_in(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The scheduler config that was sent; empty for none."""
    config = asked.get("config") or {}
    if not isinstance(config, dict):
        raise ValueError("the config must be an object of keys and values; reload the page")
    return config


def schedule_in(asked: Mapping[str, Any]) -> Schedule:
    """β_0…β_T as the browser sends them."""
    try:
        betas = np.frombuffer(base64.b64decode(str(asked["betas"]), validate=True), "<f8")
    except (KeyError, ValueError, binascii.Error):
        raise ValueError("betas must be float64 numbers in base64; reload the page") from None
    if len(betas) < 2:
        raise ValueError("a schedule has at least one step; reload the page")
    return unchecked(torch.from_numpy(betas[1:].copy()), "edited")


def sized(subject: Subject, asked: Mapping[str, Any]) -> Subject:
    size = str(asked.get("size") or "").strip()
    if not size:
        return subject
    if not size.isdecimal() or not 1 <= int(size) <= 100_000:
        raise ValueError(f"the picture's side must be a whole number in [1, 100000], got {size[:20]!r}; correct it")
    return replace(subject, sample_size=int(size))


def steps_in(asked: Mapping[str, Any]) -> list[int]:
    """The numbers of steps in a text such as 10, 20, 50."""
    parts = str(asked.get("steps") or DEFAULT.lab_steps).replace(",", " ").split()
    if len(parts) > 8 or not all(part.isdecimal() and 1 <= int(part) <= 1000 for part in parts):
        raise ValueError(
            f"sampling steps must be up to 8 whole numbers in [1, 1000], got {' '.join(parts)[:40]!r}; correct them"
        )
    return [int(part) for part in parts]
