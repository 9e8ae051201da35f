"""What is told of a schedule in JSON: one text for the command line and for programs."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..core import Schedule, prior_kl
from ..core.later import torch
from ..lab.finding import Finding
from ..lab.read_schedule import ReadSchedule


def with_besides(
    subject: ReadSchedule, prediction_type: str | None, spacing: str | None, sample_size: int | None
) -> ReadSchedule:
    """The subject with what is said of it besides its source; None for what is not."""
    told = {"prediction_type": prediction_type, "timestep_spacing": spacing}
    told = {key: value for key, value in told.items() if value is not None}
    if told:
        subject = replace(subject, config={**subject.config, **told})
    return subject if sample_size is None else replace(subject, sample_size=sample_size)


def terminal_facts(schedule: Schedule, data_power: float = 0.25) -> dict[str, float | None]:
    """What is left at T; None for what is not finite."""
    facts = {
        "terminal_snr": float(schedule.snr[-1]),
        "sqrt_alpha_bar_T": float(schedule.alpha_bars[-1].sqrt()),
        "prior_kl_bits_per_dim": prior_kl(schedule, data_power),
    }
    return {name: value if math.isfinite(value) else None for name, value in facts.items()}


def tables(schedule: Schedule) -> dict[str, list[float | None]]:
    """β_1…β_T, ᾱ_0…ᾱ_T and SNR(1)…SNR(T)."""
    return {
        "betas": plain(schedule.betas[1:]), "alpha_bars": plain(schedule.alpha_bars), "snr": plain(schedule.snr[1:])
    }  # fmt: skip


def plain(table: "torch.Tensor") -> list[float | None]:
    """Numbers for JSON, which has no NaN and no ∞: they become null."""
    return [value if math.isfinite(value) else None for value in table.tolist()]


def report(subject: ReadSchedule | None, findings: Sequence[Finding]) -> dict[str, Any]:
    """The verdict; "schedule" is null where there is none."""
    told = [finding.as_json() for finding in findings]
    if subject is None:
        return {"schedule": None, "findings": told}
    schedule = subject.schedule
    about = {"name": schedule.name, "T": schedule.T, "class": subject.config.get("_class_name")}
    about |= {"read_as": list(subject.read_as), **terminal_facts(schedule)}
    return {"schedule": about, "findings": told}
