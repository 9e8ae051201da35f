"""The numbers of a run, a row a call: levels, norms, and where each step leads against where it should."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .own_audit import OwnAudit
from .tape import Call

NO_NUMBER = math.nan


@dataclass(frozen=True, eq=False)
class Numbers:
    """Each (S,) float64, S the number of calls of step; NaN where something is not known.

    Attributes:
        timestep: t as the scheduler counts it, from 0 on.
        next_timestep: t of the next call; NaN after the last.
        signal: a of x_t = a x_0 + b ε, by the scheduler's own forward process.
        noise: b of it.
        sigma: b/a.
        log_snr: log(a²/b²).
        leads_to: t whose noise level the step leads to, measured on the scheduler with an exact network; NaN for
            clean data.
        error: largest |Δ| of that step from the closed form that goes to the next timestep.
        rms_x_t: root mean square of x_t, of all of it.
        rms_output: of the network's output.
        rms_after: of what the step returned.
        seconds: since the first call, at the start of each.
    """

    timestep: np.ndarray
    next_timestep: np.ndarray
    signal: np.ndarray
    noise: np.ndarray
    sigma: np.ndarray
    log_snr: np.ndarray
    leads_to: np.ndarray
    error: np.ndarray
    rms_x_t: np.ndarray
    rms_output: np.ndarray
    rms_after: np.ndarray
    seconds: np.ndarray


def timestep_of(call: Call) -> float:
    """The t that a step was handed, the largest where each picture has its own."""
    value = call.timestep
    if value is None:
        return NO_NUMBER
    try:
        return float(value.max()) if hasattr(value, "max") else float(value)
    except (TypeError, ValueError, RuntimeError):
        return NO_NUMBER


def numbers_of(calls: Sequence[Call], own: OwnAudit, size: int) -> Numbers:
    """What the calls and the audit say.

    Args:
        calls: of the run.
        own: its audit.
        size: how many numbers x has.
    """
    S, t = len(calls), np.array([timestep_of(call) for call in calls])
    signal, noise, log_snr = np.full(S, np.nan), np.full(S, np.nan), np.full(S, np.nan)
    for i, level in enumerate(own.levels):
        if level is not None:
            signal[i], noise[i], log_snr[i] = level.of_x_0, level.noise, level.log_snr
    leads_to, error = _steps(own)
    norms = np.array([[_norm(call, k) for k in range(3)] for call in calls]).reshape(S, 3) / math.sqrt(max(size, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = noise / signal
    return Numbers(
        timestep=t, next_timestep=np.append(t[1:], np.nan)[:S], signal=signal, noise=noise, sigma=sigma,
        log_snr=log_snr, leads_to=leads_to, error=error, rms_x_t=norms[:, 0], rms_output=norms[:, 1],
        rms_after=norms[:, 2], seconds=np.array([call.seconds for call in calls]),
    )  # fmt: skip


def _norm(call: Call, k: int) -> float:
    return float(call.norms[k]) if k < len(call.norms) else NO_NUMBER


def _steps(own: OwnAudit) -> tuple[np.ndarray, np.ndarray]:
    """For each call, the t that its step leads to and its |Δ|; the audit lists steps in the order of its visits."""
    S, transitions = len(own.places), list(own.audit.transitions)
    at: dict[int, int] = {}
    which = 0
    for place, t in enumerate(own.audit.timesteps):
        if which < len(transitions) and transitions[which].t == t:
            at[place] = which
            which += 1
    leads_to, error = np.full(S, np.nan), np.full(S, np.nan)
    for i, place in enumerate(own.places):
        found = transitions[at[place]] if place in at else None
        if found is not None:
            leads_to[i] = NO_NUMBER if found.used is None else found.used
            error[i] = NO_NUMBER if found.error is None else found.error
    return leads_to, error
