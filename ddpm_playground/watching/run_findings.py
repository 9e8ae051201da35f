"""What is wrong with a run that was watched, as far as its own calls and its scheduler's copy say."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..bridge.built import unwarned
from ..lab.finding import Finding, found
from .own_audit import SAME_T
from .subject import by_halves

if TYPE_CHECKING:
    from .watched_run import WatchedRun

# x of fewer numbers than these has no root mean square worth judging.
FEWEST = 64
MOST_VARIANCE = 1.5  # of pictures or latents
SLACK = 0.1  # of the first x's root mean square
OF_ROUNDING = {"float32": 1e-5, "float64": 1e-5, "float16": 1e-2, "bfloat16": 3e-2}


def not_finite(run: WatchedRun) -> Iterator[Finding]:
    """The first NaN or ±∞, in the order in which things come about: x, the network's output, what step returns."""
    n = run.numbers
    named = (("x", n.rms_x_t), ("the network's output", n.rms_output), ("what step returned", n.rms_after))
    bad = [(i, k) for k, (_, values) in enumerate(named) for i in np.flatnonzero(~np.isfinite(values)).tolist()
           if not (k == 2 and not run.finished(i))]  # fmt: skip
    if bad:
        i, k = min(bad)
        yield found("run-not-finite", "error", None, call=i + 1, t=n.timestep[i], what=named[k][0], dtype=run.dtype)


def start(run: WatchedRun) -> Iterator[Finding]:
    """A first x that is not of the level that its timestep stands for."""
    n, size = run.numbers, run.size
    if by_halves(run.tape.twin):  # a corrector has moved x before the first prediction
        return
    if not len(run) or size < FEWEST or not (np.isfinite(n.signal[0]) and np.isfinite(n.rms_x_t[0])):
        return
    a, b, rms = float(n.signal[0]), float(n.noise[0]), float(n.rms_x_t[0])
    slack = SLACK + 4 / math.sqrt(2 * size)
    low, high = b * (1 - slack), math.sqrt(a * a * MOST_VARIANCE + b * b) * (1 + slack)
    if not low <= rms <= high:
        init = float(getattr(run.own.scheduler, "init_noise_sigma", 1.0))
        yield found(
            "run-start", "warning", None, t=n.timestep[0], rms=rms, signal=a, noise=b, low=low, high=high, init=init
        )


def unscaled(run: WatchedRun) -> Iterator[Finding]:
    """A class that scales the network's input, and was not asked to."""
    missing = [i for i, call in enumerate(run.calls) if not call.scaled]
    factors = [(i, _factor(run, i)) for i in missing]
    wrong = [(i, factor) for i, factor in factors if factor is not None and abs(factor - 1.0) > 1e-4]
    if wrong:
        i, factor = wrong[0]
        yield found(
            "run-unscaled", "warning", None, count=len(wrong), calls=len(run), t=run.timesteps[i], name=run.class_name,
            factor=factor,
        )  # fmt: skip


def _factor(run: WatchedRun, i: int) -> float | None:
    """What the scheduler multiplies the network's input by at call i; None where that is not known."""
    place, own = run.own.places[i], run.own.own_list
    if place is None or not hasattr(run.own.scheduler, "scale_model_input") or place >= len(own):
        return None
    try:
        with unwarned():
            there = copy.copy(run.own.scheduler)
            if hasattr(there, "set_begin_index"):
                there.set_begin_index(place)
            return float(there.scale_model_input(torch.ones(1, 1, 1, 1), there.timesteps[place]))
    except Exception:  # it may want more than an x and a t
        return None


def scaled_sample(run: WatchedRun) -> Iterator[Finding]:
    """A step that was handed the network's input."""
    wrong = [i for i, call in enumerate(run.calls) if call.handed_scaled]
    if wrong:
        yield found("run-scaled-sample", "error", None, count=len(wrong), calls=len(run), t=run.timesteps[wrong[0]])


def order(run: WatchedRun) -> Iterator[Finding]:
    """Timesteps against the order of the scheduler's own list."""
    own, t = run.own.own_list, run.timesteps
    falls = all(b <= a for a, b in zip(own, own[1:], strict=False))
    rises = all(b >= a for a, b in zip(own, own[1:], strict=False))
    if len(own) < 2 or falls == rises:
        return
    sign = 1.0 if falls else -1.0
    wrong = np.flatnonzero(sign * np.diff(t) > SAME_T * np.maximum(1.0, np.abs(t[1:]))).tolist()
    if wrong:
        i = wrong[0] + 1
        yield found("run-order", "error", None, call=i + 1, t=t[i], before=t[i - 1], first=own[0], last=own[-1])


def other_t(run: WatchedRun) -> Iterator[Finding]:
    """A class that counts its own steps, handed another t than the one at which it stands."""
    own, t = run.own.own_list, run.timesteps
    told = [(i, call.place) for i, call in enumerate(run.calls) if call.place is not None and call.place < len(own)]
    wrong = [(i, own[p]) for i, p in told if abs(own[p] - t[i]) > SAME_T * max(1.0, abs(own[p]))]
    if wrong:
        i, here = wrong[0]
        yield found(
            "run-other-t", "error", None, call=i + 1, t=t[i], own=here, name=run.class_name, count=len(wrong),
            calls=len(run),
        )  # fmt: skip


def leads_elsewhere(run: WatchedRun) -> Iterator[Finding]:
    """Steps along other t than the scheduler's list, that lead elsewhere than where the run went on."""
    if not run.own.follows:  # of its own list, the doctor judges
        return
    wrong = [one for one in run.audit.transitions if one.mismatch]
    if wrong:
        one = wrong[0]
        yield found(
            "run-leads-elsewhere", "error", None, t=one.t, used="0" if one.used is None else f"{one.used:.4g}",
            next=one.next, count=len(wrong), calls=len(run.audit.transitions),
        )  # fmt: skip


def skips(run: WatchedRun) -> Iterator[Finding]:
    """Entries of the list between the first call and the last that no call was for."""
    if run.own.follows:
        return
    places = [place for place in run.own.places if place is not None]
    gaps = [(a, b - a - 1) for a, b in zip(places, places[1:], strict=False) if b > a + 1]
    if gaps:
        yield found("run-skips", "warning", None, count=sum(gap for _, gap in gaps), t=run.own.own_list[gaps[0][0]])


def ends_early(run: WatchedRun) -> Iterator[Finding]:
    """A run that was not stopped and made no call for the end of the list."""
    places, walk = run.own.places, run.audit.timesteps
    if not len(run) or run.own.follows or run.ended != "finished" or not walk or places[-1] is None:
        return
    left = len(walk) - 1 - places[-1]
    output = next((one.output for one in run.audit.transitions if one.t == run.timesteps[-1]), None)
    if left > 0 and output is not None:
        sigma = math.exp(-0.5 * output)
        yield found("run-ends-early", "note", None, t=run.timesteps[-1], left=left, sigma=sigma)


def changed(run: WatchedRun) -> Iterator[Finding]:
    """x that is not what the last step returned."""
    calls, wrong = run.calls, []
    for i in range(1, len(calls)):
        x, after = calls[i].x, calls[i - 1].after
        if not calls[i].changed or x is None or after is None or x.shape != after.shape:
            continue
        x, after = x.float(), after.float()
        slack = OF_ROUNDING.get(run.dtype, 1e-2) * max(float(after.abs().max()), 1e-6)
        if not float((x - after).abs().max()) <= slack and bool(torch.isfinite(after).all()):
            wrong.append(i)
    if wrong:
        yield found("run-changed", "note", None, count=len(wrong), calls=len(run), t=run.timesteps[wrong[0]])


# code → its examination
RUN_EXAMINATIONS: dict[str, Callable[[WatchedRun], Iterator[Finding]]] = {
    "run-not-finite": not_finite,
    "run-start": start,
    "run-unscaled": unscaled,
    "run-scaled-sample": scaled_sample,
    "run-order": order,
    "run-other-t": other_t,
    "run-leads-elsewhere": leads_elsewhere,
    "run-skips": skips,
    "run-ends-early": ends_early,
    "run-changed": changed,
}


def run_findings(run: WatchedRun) -> list[Finding]:
    """What every examination of a run finds."""
    return [finding for examination in RUN_EXAMINATIONS.values() for finding in examination(run)]
