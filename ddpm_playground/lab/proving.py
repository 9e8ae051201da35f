"""Fixes are tried before they are offered."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .examined_schedule import ExaminedSchedule
from .finding import SEVERITIES, Finding
from .gaussian_run import DATA_STD
from .sampling_record import SamplingRecord

Diagnosis = Callable[[ExaminedSchedule], list[Finding]]

# Shares of the right spread between which a run counts as well: few first-order steps lose up to half of it, and a
# clip of Gaussian data or what is left of a fault adds a third at most.
FLOOR, CEILING = 0.5, 1.35
# How much farther from there than it was a fix may leave a run that was no part of the fault.
SLACK = 0.1
# Faults of the run itself, which a fix must cure in the run.
OF_RUNNING = {"step-fails", "not-finite-step", "cannot-run", "unclipped-divergence"}
# Their networks answer with the end of the ODE, not with the mean that the run's network gives, which shrinks theirs.
CONSISTENT = {"LCMScheduler", "TCDScheduler", "FlowMatchLCMScheduler"}


def proven(case: ExaminedSchedule, findings: Sequence[Finding], diagnosed: Diagnosis) -> Iterator[Finding]:
    """The findings, each with the first of its candidates that holds, or told that none does."""
    for finding in findings:
        if not finding.candidates:
            yield finding
            continue
        held = next((patch for patch in finding.candidates if holds(case, findings, finding, patch, diagnosed)), None)
        yield finding.uncured() if held is None else finding.cured_by(held)


def holds(
    case: ExaminedSchedule, before: Sequence[Finding], finding: Finding, patch: Mapping[str, Any], diagnosed: Diagnosis
) -> bool:
    """Whether a patch takes a finding away, brings nothing worse, and lets the runs end about where they should.

    Nothing worse: no error or warning that was not there, or a worse one. Of the runs in float32, with and without
    error in the network's output, each must end with FLOOR to CEILING of the right spread; or, where the finding is not
    about the run, about as close to that as it did before.

    Args:
        case: as it is.
        before: what was found of it.
        finding: one of these.
        patch: keys to change; None as a value leaves the key out.
        diagnosed: what finds.
    """
    try:
        patched = case.with_patch(patch)
    except ValueError:
        return False
    if patched.class_name != case.class_name and patched.class_inverts != case.class_inverts:
        return False  # a way from data to noise is not cured by a way back
    worst = {}
    for one in before:
        rank = SEVERITIES.index(one.severity)
        worst[one.code] = min(worst.get(one.code, rank), rank)
    # The fewest steps alone first: most that fails, fails there.
    for steps in dict.fromkeys(((min(case.steps),), case.steps)) if case.steps else ((),):
        tried = replace(patched, steps=steps)
        for one in diagnosed(tried):
            rank = SEVERITIES.index(one.severity)
            if one.code == finding.code or (one.severity != "note" and rank < worst.get(one.code, len(SEVERITIES))):
                return False
        if not _ends_well(case, tried, finding.code in OF_RUNNING):
            return False
    return True


def _ends_well(case: ExaminedSchedule, tried: ExaminedSchedule, strict: bool) -> bool:
    """Whether every run of a patched case ends with about the right spread, or, if not strict, as it did before."""
    were = {record.num_steps: record for record in case.records}
    for record in tried.records:
        beside, was = _beside(record), were.get(record.num_steps)
        if beside and (strict or was is None or beside > _beside(was) + SLACK):
            return False
    return True


def _beside(record: SamplingRecord) -> float:
    """How far outside FLOOR to CEILING of the right spread a run ended, as a share; 0 where it was not measured."""
    run = record.run
    if run is None:
        return math.inf if record.refused else 0.0
    if run.failed or run.not_finite:
        return math.inf
    ends = [spread / _right(record) for spread in (run.spread, run.spread_with_error) if spread is not None]
    floor = 0.0 if record.class_name in CONSISTENT else FLOOR
    return max((max(share - CEILING, floor - share, 0.0) for share in ends), default=0.0)


def _right(record: SamplingRecord) -> float:
    """The standard deviation that a run should end with: the data's, or that of the noisiest x_t where it inverts."""
    if not record.rising:
        return DATA_STD
    sigma = record.sigmas[-1]
    if record.convention == "VE":
        return math.hypot(DATA_STD, sigma)
    if math.isinf(sigma):
        return 1.0
    return math.hypot(DATA_STD, sigma) / (1.0 + sigma if record.convention == "flow" else math.hypot(1.0, sigma))
