"""Timesteps and σ that are asked for by number: used, changed or ignored by the class."""

import math
from collections.abc import Iterator

from ...bridge.scheduler_classes import classes_that_set
from ...core import Schedule
from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from ..read_schedule import ReadSchedule
from ..sampling_record import SamplingRecord
from ..trained_otherwise import asked_levels, trained_time

# As much noise more or less than t means as would be a fault of the network's.
APART = 1.25
SHOWN = 4


def asked_steps(case: ExaminedSchedule) -> Iterator[Finding]:
    """What a class makes of the timesteps or σ that it is asked for."""
    if (case.timesteps or case.sigmas) and not case.config:
        yield found("asked-steps/no-class", "note", None)
    for record in case.records:
        asked = record.asked
        if asked is None:
            continue
        name, kind = case.class_name, asked.kind
        if asked.outcome == "ignored":
            yield found(
                "asked-steps/ignored", "error", None, name=name, kind=kind, count=record.num_steps,
                first=_few(record.timesteps[:1]), others=", ".join(classes_that_set(asked.kind)[:5]),
            )  # fmt: skip
            continue
        apart = _apart(case.schedule, case, record)
        if apart:
            yield apart
        if asked.outcome == "changed":
            has = record.timesteps if asked.kind == "timesteps" else _own_sigmas(record)
            yield found(
                "asked-steps/changed", "warning", None, name=name, kind=kind, wanted=_few(asked.values), has=_few(has)
            )
        elif not apart and record.log_snr:
            yield found(
                "asked-steps", "note", None, name=name, kind=kind, count=len(asked.values),
                first=_few(record.timesteps[:1]), last=_few(record.timesteps[-1:]),
                low=f"{record.log_snr[0]:.3g}", high=f"{record.log_snr[-1]:.3g}",
            )  # fmt: skip


def _apart(schedule: Schedule, case: ExaminedSchedule, record: SamplingRecord) -> Finding | None:
    """A class whose x_t has not the noise that its own t means."""
    try:
        time = trained_time(ReadSchedule(schedule, case.config, stored=case.stored))
    except ValueError:
        return None
    ends = float(time.timesteps[0]), float(time.timesteps[-1])
    outside = [t for t in record.timesteps if not ends[0] - 1 <= t <= ends[1] + 1]
    if outside:
        return found(
            "asked-steps/outside", "error", None,
            name=case.class_name, t=_few(outside[:1]), low=f"{ends[0]:.5g}", high=f"{ends[1]:.5g}",
        )  # fmt: skip
    worst = max(asked_levels(time, record), key=lambda one: one.ratio, default=None)
    if worst is None or worst.ratio <= APART:
        return None
    return found(
        "asked-steps/apart", "error" if worst.ratio > 2 else "warning", None,
        name=case.class_name, kind=record.asked.kind if record.asked else "", t=_few([worst.timestep]),
        snr=math.exp(worst.log_snr), wanted=math.exp(worst.trained_log_snr), ratio=f"{min(worst.ratio, 1e6):.3g}",
    )  # fmt: skip


def _own_sigmas(record: SamplingRecord) -> tuple[float, ...]:
    """σ as the class counts it: of flow matching, noise over noise and signal."""
    if record.convention != "flow":
        return record.sigmas
    return tuple(1.0 / (1.0 + math.exp(max(-700.0, min(700.0, level / 2)))) for level in record.log_snr)


def _few(values: "tuple[float, ...] | list[float]") -> str:
    """The first few of a list."""
    shown = ", ".join(f"{value:.5g}" for value in values[:SHOWN])
    return f"{shown}, …" if len(values) > SHOWN else shown
