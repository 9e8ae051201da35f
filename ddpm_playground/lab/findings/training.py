"""What sampling makes of a network that was trained with another schedule."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ...bridge.diffusers_config import beta_config, has_betas
from ...core.plain_words import reason_of
from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from ..read_schedule import ReadSchedule
from ..trained_otherwise import TRAINING_KEYS, AskedLevel, TrainedTime, asked_levels, output_of, trained_time
from .patches import Patch

# Between these SNR of x_t a picture's content is decided (Karras et al. 2022, figure 5; Choi et al. 2022, figure 2).
SNR_LOW, SNR_HIGH = 1e-2, 1e2
# How many times another SNR is an error there; a warning; a note.
WRONG, OFF, SLIGHT = 2.0, 1.25, 1.05


def trained_otherwise(case: ExaminedSchedule) -> Iterator[Finding]:
    """A network asked at a t whose SNR in training was another, or for what it was not trained to give."""
    trained = case.trained
    if trained is None:
        return
    wanted, taken = output_of(trained.config), output_of(case.config)
    if wanted and taken and wanted != taken:
        yield found(
            "trained-otherwise/prediction", "error", None, _patches(case, trained),
            name=case.class_name, trained=wanted, taken=taken,
        )  # fmt: skip
    try:
        time = trained_time(trained)
    except ValueError as error:
        yield found("trained-otherwise/unknown", "note", None, reason=reason_of(error))
        return
    runs = _runs(case, time)
    levels = [(steps, level) for steps, asked in runs for level in asked]
    if not levels:
        return
    inside = [(steps, one) for steps, one in levels if _decides(one)]
    worst_inside = max((one.ratio for _, one in inside), default=1.0)
    steps, worst = max(inside if worst_inside > SLIGHT else levels, key=lambda pair: pair[1].ratio)
    if worst.ratio <= SLIGHT:
        return
    severity = "error" if worst_inside > WRONG else "warning" if worst.ratio > OFF else "note"
    asked = dict(runs)[steps]
    off = [one for one in asked if one.ratio > SLIGHT]
    never = any(one.same_snr_timestep is None for one in off if one.ratio > OFF)
    half = min(case.schedule.T, trained.schedule.T) // 2
    yield found(
        "trained-otherwise/never" if never else "trained-otherwise", severity, _span(case, off, time),
        _patches(case, trained),
        trained=trained.schedule.name, sampled=case.schedule.name,
        half=half, abar=float(trained.schedule.alpha_bars[half]), abar_here=float(case.schedule.alpha_bars[half]),
        T=trained.schedule.T, T_here=case.schedule.T,
        terminal=float(trained.schedule.snr[-1]), terminal_here=case.terminal_snr,
        steps=steps, t=_told_t(worst.timestep, time), snr=_snr(worst.log_snr), wanted=_snr(worst.trained_log_snr),
        ratio=f"{min(worst.ratio, 1e6):.3g}", count=len(off), calls=len(asked), slight=f"{SLIGHT:g}",
        mapping=_mapping(off, time),
    )  # fmt: skip


def _runs(case: ExaminedSchedule, time: TrainedTime) -> list[tuple[int, list[AskedLevel]]]:
    """(S, its calls) of what runs; of a schedule without a config, one call at every t of its table."""
    if case.config:
        return [(record.num_steps, asked_levels(time, record)) for record in case.sampling]
    table = case.schedule.log_snr[1:].tolist() if case.sound else []
    return [(case.schedule.T, [time.asked(float(t), level) for t, level in enumerate(table)])]


def _decides(one: AskedLevel) -> bool:
    return SNR_LOW <= _snr(one.log_snr) <= SNR_HIGH


def _snr(log_snr: float) -> float:
    return float(torch.tensor(log_snr, dtype=torch.float64).exp())


def _told_t(timestep: float, time: TrainedTime) -> str:
    """A t as a reader has it: the paper's where the training has a table."""
    return f"{round(timestep + 1, 1) if time.table else timestep:.5g}"


def _mapping(off: Sequence[AskedLevel], time: TrainedTime) -> str:
    """A few calls and the t of equal SNR: 981 → 903, …"""
    known = [one for one in off if one.same_snr_timestep is not None]
    shown = known if len(known) <= 4 else [known[round(k * (len(known) - 1) / 3)] for k in range(4)]
    pairs = [(_told_t(one.timestep, time), _told_t(one.same_snr_timestep or 0.0, time)) for one in shown]
    return ", ".join(f"{t} → {other}" for t, other in pairs) or "–"


def _span(case: ExaminedSchedule, off: Sequence[AskedLevel], time: TrainedTime) -> tuple[int, int] | None:
    """The t that are off, on the schedule's own axis."""
    T = case.schedule.T
    whole = [max(0, min(T, round(one.timestep) + 1)) for one in off]
    told = time.table and (not case.config or any(record.on_table for record in case.sampling))
    return (min(whole), max(whole)) if told and whole else None


def _patches(case: ExaminedSchedule, trained: ReadSchedule) -> Iterator[Patch]:
    """The training's own keys in the class that samples; then the training's whole config."""
    if not case.config:
        return
    own: dict[str, Any] = dict(trained.config) or beta_config(trained.schedule)
    takes = case.takes or {}
    # What the training's class does not have, it was trained without; of a bare schedule only β_t is known.
    without = TRAINING_KEYS if trained.config else ("rescale_betas_zero_snr", "snr_shift_scale", "trained_betas")
    kept = [key for key in TRAINING_KEYS if key in own or (key in without and case.config.get(key))]
    keys = {key: own.get(key) for key in kept if key in takes}
    changed = {key: value for key, value in keys.items() if value != case.config.get(key, takes.get(key))}
    if changed and has_betas(own) == has_betas(case.config):
        yield changed
    if trained.config and trained.config.get("_class_name") != case.config.get("_class_name"):
        dropped = {key: None for key in case.keys if key not in trained.given}
        yield {**dropped, **trained.given}
