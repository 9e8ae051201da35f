"""What a number of steps makes of the schedule."""

import math
from collections.abc import Iterator
from itertools import chain

from ...core.phrase import Phrase
from ..audit import Transition
from ..examined_schedule import STEPS, ExaminedSchedule
from ..finding import Finding, found
from ..sampling_record import SamplingRecord
from ..visits import visits_of
from .patches import TRAILING, defaults, spacings, unique
from .said_lists import listed, paper_t

# Song, Meng & Ermon 2021, table 1: with σ̂ (σ² = β) CIFAR-10's FID at 50 of 1000 steps is 33 against 8 with β̃, and
# 367 against 41 at 10; at 100 it is 10 against 6, and at all 1000 steps it is the better of the two.
FEW = 0.05


# SNR of the first visited t from which x_T is far from what it is taken for: T/S steps below T at 3 steps or fewer.
BRIGHT = 0.1
# A step that lands one t beside the next by rounding, where T is this large, changes no picture.
FINE_T = 200


def on_paper_t(case: ExaminedSchedule) -> list[SamplingRecord]:
    """The records whose timesteps are the training table's t, so that they can be told as such."""
    return [record for record in case.sampling if record.on_table]


def spacing_skips_t(case: ExaminedSchedule) -> Iterator[Finding]:
    """Sampling that starts below T: it hands the network noise of T with a t that is lower."""
    T = case.schedule.T
    if case.takes is None or "timestep_spacing" not in case.takes:
        return
    end = case.terminal_snr**-0.5 if case.terminal_snr > 0 else math.inf
    # A t that is rounded below T for the σ of T itself skips nothing.
    short = [
        record
        for record in on_paper_t(case)
        if record.timesteps[0] + 1 < T and record.sigmas[0] < 0.99 * end and not record.asked
    ]
    if short:
        # Nearly clean pictures handed to the network as noise: a leading spacing of one or two steps.
        least = max(BRIGHT, 10 * case.terminal_snr)
        bright = any(record.sigmas[0] ** -2 > least for record in short if record.sigmas[0] > 0)
        severity = "warning" if case.first_zero is not None or bright else "note"
        visited = listed(record.timesteps[0] + 1 for record in short)
        steps = listed(record.num_steps for record in short)
        span = (int(short[0].timesteps[0]) + 1, T)
        patches = [TRAILING] if case.spacing != "trailing" else []
        yield found(
            "spacing-skips-t", severity, span, patches,
            spacing=case.spacing or Phrase("its"), steps=steps, visited=visited, T=T,
        )  # fmt: skip


def wrong_previous_timestep(case: ExaminedSchedule) -> Iterator[Finding]:
    """A scheduler that steps to the noise of one t and visits another next."""
    for record in case.records:
        wrong = [one for one in record.audit.transitions if one.mismatch] if record.audit else []
        if not wrong or record.failed or record.not_finite:
            continue
        worst = max(wrong, key=_gap)
        rounded = "note" if case.schedule.T >= FINE_T or not record.on_table else "warning"
        severity = "error" if _gap(worst) > 1 else rounded
        divides = case.schedule.T % record.num_steps == 0
        key = "wrong-previous-timestep/trailing" if case.spacing == "trailing" else "wrong-previous-timestep"
        low, high = int(min(_landing(worst.used), _landing(worst.next))) + 1, int(worst.t) + 1
        yield found(
            key, severity, (max(0, min(low, case.schedule.T)), max(0, min(high, case.schedule.T))),
            sorted(spacings(case), key=lambda patch: patch["timestep_spacing"] == "trailing" and not divides),
            name=case.class_name,
            steps=record.num_steps,
            spacing=case.spacing or Phrase("its own spacing"),
            t=paper_t(worst.t),
            used=paper_t(_landing(worst.used)),
            next=paper_t(_landing(worst.next)),
            count=len(wrong),
            other="trailing" if case.spacing != "trailing" and divides else "leading",
            T=case.schedule.T,
        )  # fmt: skip
        return


def _landing(timestep: float | None) -> float:
    """0-based timestep of a noise level; clean data lies one below the first."""
    return -1.0 if timestep is None else timestep


def _gap(transition: Transition) -> float:
    return abs(_landing(transition.used) - _landing(transition.next))


def steps_offset(case: ExaminedSchedule) -> Iterator[Finding]:
    """An offset that leaves the trained t, shifts them, or does nothing."""
    offset, T = case.value("steps_offset"), case.schedule.T
    if isinstance(offset, bool) or not isinstance(offset, int) or offset == 0 or not case.config:
        return
    if case.takes is None or not case.records or case.timesteps or case.sigmas:
        return
    without = {**case.runs_as, "steps_offset": 0}
    moved = False
    for record in case.records:
        plain = visits_of(without, record.num_steps)
        moved |= plain is not None and bool(record.timesteps) and plain.timesteps != record.timesteps
        outside = [t for t in record.timesteps if not 0 <= t < T] if moved else []
        if outside and plain and all(0 <= t < T for t in plain.timesteps):
            yield found(
                "steps-offset/outside", "error", T, [{"steps_offset": 0}, {"steps_offset": 1}],
                offset=offset, steps=record.num_steps, t=paper_t(outside[0]), T=T,
            )  # fmt: skip
            return
    if not moved:
        if any(record.timesteps for record in case.records):
            yield found("steps-offset/ignored", "note", None, offset=offset)
        return
    table = on_paper_t(case)
    if not table:
        return
    lowest = min(record.timesteps[-1] for record in table)
    left = max((record.final_sigma or 0.0 for record in table), default=0.0)
    end = Phrase("noise of σ = {sigma}", sigma=f"{left:.3g}") if left > 1e-6 else Phrase("clean data")
    yield found("steps-offset", "note", (1, int(lowest) + 1), offset=offset, lowest=paper_t(lowest), end=end)


def cannot_run(case: ExaminedSchedule) -> Iterator[Finding]:
    """A config that its own class refuses, and numbers of steps that no schedule of this T has."""
    refused = [record for record in case.records if record.refused]
    if refused:
        first = refused[0]
        patches = unique(iter(chain(spacings(case), defaults(case))))
        yield found(
            "cannot-run", "error", None, patches, name=case.class_name, steps=first.num_steps, reason=first.refused
        )
    if case.beyond:
        yield found("cannot-run/steps", "note", None, T=case.schedule.T, steps=listed(case.beyond))


def variance_type(case: ExaminedSchedule) -> Iterator[Finding]:
    """σ² = β of a whole stride at few steps, or a variance that the network must give.

    A warning only where a few steps were asked for: at all T steps it is the better of the two.
    """
    kind = case.value("variance_type")
    few = [S for S in case.steps if S <= case.schedule.T * FEW]
    if kind in ("fixed_large", "fixed_large_log") and few:
        severity = "note" if case.steps == STEPS else "warning"
        patches = [{"variance_type": "fixed_small"}] if severity == "warning" else ()
        yield found("variance-type", severity, None, patches, kind=kind, steps=listed(few))
    elif kind in ("learned", "learned_range"):
        yield found("variance-type/learned", "note", None, kind=kind)
