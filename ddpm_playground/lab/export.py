"""Schedules out: scheduler_config.json, CSV, and Python that runs as pasted."""

from __future__ import annotations

import csv
import io
import json
import pprint
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..bridge.diffusers_config import BETA_KEYS, beta_config, class_defaults
from ..core import Schedule, schedule_from_betas
from ..core.later import torch


def config_of(schedule: Schedule, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A scheduler config that diffusers loads to this schedule.

    A config that gives it already comes back as it is. Else its class and its other keys stay and the schedule
    goes in by name or as trained_betas; a class that takes none (EDM, flow matching) becomes DDPMScheduler.

    Raises:
        ValueError: a schedule whose β_t are not all in [0, 1].
    """
    schedule_from_betas(schedule.betas[1:])
    name = (config or {}).get("_class_name", "DDPMScheduler")
    takes = class_defaults(name)
    if config and torch.equal(_read({**(takes or {}), **config}).betas, schedule.betas):
        return dict(config)
    if takes is None or "trained_betas" not in takes:
        name, takes = "DDPMScheduler", class_defaults("DDPMScheduler")
    if takes is not None and not _gives(name, schedule):
        # A class that makes other ᾱ_t of its β_t (CogVideoX's snr_shift_scale) would change the curve once more.
        name, takes = "DDIMScheduler", class_defaults("DDIMScheduler")
    kept = {key: value for key, value in (config or {}).items() if key in (takes or {}) and key not in BETA_KEYS}
    out = {"_class_name": name, **kept, **beta_config(schedule)}
    if float(schedule.alpha_bars[-1]) == 0 and "rescale_betas_zero_snr" in (takes or {}):
        out["rescale_betas_zero_snr"] = True  # some classes need it said, to keep their σ_T finite
    return out


def _gives(name: str, schedule: Schedule) -> bool:
    """Whether a class's own ᾱ_t are those of its β_t, of this schedule."""
    read = {**(class_defaults(name) or {}), "_class_name": name, **beta_config(schedule)}
    return torch.allclose(_read(read).alpha_bars, schedule.alpha_bars, 1e-9, 1e-12)


def _read(config: Mapping[str, Any]) -> Schedule:
    """The schedule that a config gives; what reads one is imported for that alone, since the page names the formats."""
    from .read_schedule import schedule_of_config

    return schedule_of_config(config)[0]


def config_json(schedule: Schedule, config: Mapping[str, Any] | None = None) -> str:
    """`config_of` as the text of a scheduler_config.json; floats keep every digit."""
    return json.dumps(config_of(schedule, config), indent=2, allow_nan=False) + "\n"


def table_csv(schedule: Schedule, config: Mapping[str, Any] | None = None) -> str:
    """t, β_t, ᾱ_t, σ_t = 1/√SNR(t) and log SNR(t) for t = 1…T, every digit kept."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("t", "beta", "alpha_bar", "sigma", "log_snr"))
    columns = (schedule.betas, schedule.alpha_bars, schedule.snr.rsqrt(), schedule.log_snr)
    writer.writerows((t, *(repr(float(column[t])) for column in columns)) for t in range(1, schedule.T + 1))
    return out.getvalue()


def snippet(schedule: Schedule, config: Mapping[str, Any] | None = None) -> str:
    """Python that makes the scheduler in diffusers."""
    out = config_of(schedule, config)
    name = out.pop("_class_name", "DDPMScheduler")
    keys = {key: value for key, value in out.items() if not key.startswith("_")}
    return f"from diffusers import {name}\n\nscheduler = {name}.from_config(\n    {_indented(keys)}\n)\n"


def _indented(keys: Mapping[str, Any]) -> str:
    return pprint.pformat(dict(keys), width=116, compact=True, sort_dicts=False).replace("\n", "\n    ")


@dataclass(frozen=True)
class Format:
    """A kind of file that a schedule is written to, a row of `FORMATS`.

    Attributes:
        write: (schedule, the config that it came with or None) → the file's text.
        file_name: of the file that the page saves.
        title: what its button says where a language has no name of its own for it.
    """

    write: Callable[[Schedule, Mapping[str, Any] | None], str]
    file_name: str
    title: str


# A file format is one function and one row here: the suffix of its files, and what is written.
FORMATS: dict[str, Format] = {
    ".json": Format(config_json, "scheduler_config.json", "scheduler_config.json"),
    ".csv": Format(table_csv, "schedule.csv", "CSV"),
    ".py": Format(snippet, "scheduler.py", "Python"),
}
