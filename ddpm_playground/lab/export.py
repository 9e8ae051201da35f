"""Schedules out: scheduler_config.json, CSV, and Python that runs as pasted."""

import csv
import io
import json
import pprint
from collections.abc import Mapping
from typing import Any

import torch

from ..core import Schedule, schedule_from_betas
from .diffusers_config import beta_config, class_defaults, unchecked_from_config

BETA_KEYS = {
    "num_train_timesteps",
    "beta_schedule",
    "beta_start",
    "beta_end",
    "trained_betas",
    "rescale_betas_zero_snr",
}


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
    if config and torch.equal(unchecked_from_config({**(takes or {}), **config})[0].betas, schedule.betas):
        return dict(config)
    if takes is None or "trained_betas" not in takes:
        name, takes = "DDPMScheduler", class_defaults("DDPMScheduler")
    kept = {key: value for key, value in (config or {}).items() if key in (takes or {}) and key not in BETA_KEYS}
    out = {"_class_name": name, **kept, **beta_config(schedule)}
    if float(schedule.alpha_bars[-1]) == 0 and "rescale_betas_zero_snr" in (takes or {}):
        out["rescale_betas_zero_snr"] = True  # some classes need it said, to keep their σ_T finite
    return out


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


# suffix of a file: what is written into it
FORMATS = {".json": config_json, ".csv": table_csv, ".py": snippet}
