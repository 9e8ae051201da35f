"""The doctor: every examination of a schedule, and what they find."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core import Schedule
from .examined_schedule import STEPS, ExaminedSchedule
from .finding import SEVERITIES, Finding
from .findings.asked import asked_steps
from .findings.course import abrupt, falling_beta, resolution_shift, wasted_steps
from .findings.ends import eps_with_zero_terminal_snr, prediction_type, short_t_unscaled, terminal_snr
from .findings.keys import ignored_key
from .findings.numbers import beta_out_of_range, float32_loss, non_monotone, not_finite, zero_beta
from .findings.running import (
    double_shift,
    idle_steps,
    not_examined,
    not_finite_step,
    repeated_timestep,
    residual_noise,
    step_fails,
    works_on_other_data,
)
from .findings.sampled_steps import cannot_run, spacing_skips_t, steps_offset, variance_type, wrong_previous_timestep
from .findings.spread import clip_hides_divergence, clip_on_latents, spread_lost, unclipped_divergence
from .findings.training import trained_otherwise
from .other_data import OtherData
from .proving import proven
from .read_schedule import ReadSchedule
from .sampling_record import SamplingRecord

# code → its examination
EXAMINATIONS: dict[str, Callable[[ExaminedSchedule], Iterator[Finding]]] = {
    "not-finite": not_finite,
    "beta-out-of-range": beta_out_of_range,
    "non-monotone": non_monotone,
    "zero-beta": zero_beta,
    "eps-with-zero-terminal-snr": eps_with_zero_terminal_snr,
    "prediction-type": prediction_type,
    "cannot-run": cannot_run,
    "step-fails": step_fails,
    "not-finite-step": not_finite_step,
    "unclipped-divergence": unclipped_divergence,
    "ignored-key": ignored_key,
    "wrong-previous-timestep": wrong_previous_timestep,
    "short-t-unscaled": short_t_unscaled,
    "terminal-snr": terminal_snr,
    "steps-offset": steps_offset,
    "clip-on-latents": clip_on_latents,
    "clip-hides-divergence": clip_hides_divergence,
    "idle-steps": idle_steps,
    "repeated-timestep": repeated_timestep,
    "residual-noise": residual_noise,
    "variance-type": variance_type,
    "abrupt": abrupt,
    "falling-beta": falling_beta,
    "resolution-shift": resolution_shift,
    "spacing-skips-t": spacing_skips_t,
    "wasted-steps": wasted_steps,
    "float32-loss": float32_loss,
    "double-shift": double_shift,
    "spread-lost": spread_lost,
    "trained-otherwise": trained_otherwise,
    "asked-steps": asked_steps,
    "not-examined": not_examined,
}


def examine(
    schedule: Schedule,
    config: Mapping[str, Any] | None = None,
    *,
    steps: Sequence[int] = STEPS,
    timesteps: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
    **source: Any,
) -> list[Finding]:
    """`examine_subject` of a schedule and the keys of a diffusers scheduler config.

    Args:
        schedule: may be broken: any β_t at all, NaN too.
        config: without one, nothing is known about the sampler.
        steps: numbers of sampling steps to examine.
        timesteps: to sample at, diffusers' own, in the stead of `steps`.
        sigmas: the same of σ; at most one of the two.
        source: whatever else of a `ReadSchedule` is known.

    Raises:
        ValueError: a number of steps below 1; timesteps and sigmas both.
    """
    return examine_subject(ReadSchedule(schedule, config or {}, **source), steps, timesteps, sigmas)


def diagnosed(case: ExaminedSchedule) -> list[Finding]:
    """What every examination finds, with the fixes that might hold."""
    return [finding for examination in EXAMINATIONS.values() for finding in examination(case)]


def examine_subject(
    subject: ReadSchedule,
    steps: Sequence[int] = STEPS,
    timesteps: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
) -> list[Finding]:
    """Everything that is wrong with what was read or worth knowing about it, the worst first.

    A fix that changes keys of the config is offered only after it was tried: with it the finding is gone, and no
    error or warning is new.

    Raises:
        ValueError: a number of steps below 1; timesteps and sigmas both.
    """
    case = ExaminedSchedule.of(subject, steps, timesteps, sigmas)
    return worst_first(proven(case, diagnosed(case), diagnosed))


def examine_read(
    read: Callable[[], ReadSchedule],
    steps: Sequence[int] = STEPS,
    timesteps: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
) -> tuple[ReadSchedule | None, list[Finding]]:
    """`examine_subject` of what is yet to be read; no subject and a note where its class works on other data.

    Raises:
        ValueError: what `read` raises, and `examine`.
    """
    try:
        subject = read()
    except OtherData as other:
        return None, [works_on_other_data(other)]
    return subject, examine_subject(subject, steps, timesteps, sigmas)


def records_of_subject(
    subject: ReadSchedule,
    steps: Sequence[int] = STEPS,
    timesteps: Sequence[float] | None = None,
    sigmas: Sequence[float] | None = None,
) -> tuple[SamplingRecord, ...]:
    """What really runs of a subject, for each number of steps: what its findings about sampling are read from."""
    return ExaminedSchedule.of(subject, steps, timesteps, sigmas).records


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes, each in the order found."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
