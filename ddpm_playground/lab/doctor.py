"""The doctor: every examination of a schedule, and what they find."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core import Schedule
from .case import Case
from .finding import SEVERITIES, Finding
from .findings.course import abrupt, resolution_shift, wasted_steps
from .findings.ends import (
    clip_hides_divergence,
    eps_with_zero_terminal_snr,
    prediction_type,
    short_t_unscaled,
    terminal_snr,
)
from .findings.numbers import beta_out_of_range, float32_loss, non_monotone, not_finite, zero_beta
from .findings.sampling import (
    cannot_run,
    ignored_key,
    spacing_skips_t,
    steps_offset,
    variance_type,
    wrong_previous_timestep,
)
from .subject import Subject

# code → its examination
EXAMINATIONS: dict[str, Callable[[Case], Iterator[Finding]]] = {
    "not-finite": not_finite,
    "beta-out-of-range": beta_out_of_range,
    "non-monotone": non_monotone,
    "zero-beta": zero_beta,
    "eps-with-zero-terminal-snr": eps_with_zero_terminal_snr,
    "prediction-type": prediction_type,
    "cannot-run": cannot_run,
    "ignored-key": ignored_key,
    "wrong-previous-timestep": wrong_previous_timestep,
    "short-t-unscaled": short_t_unscaled,
    "terminal-snr": terminal_snr,
    "steps-offset": steps_offset,
    "clip-hides-divergence": clip_hides_divergence,
    "variance-type": variance_type,
    "abrupt": abrupt,
    "resolution-shift": resolution_shift,
    "spacing-skips-t": spacing_skips_t,
    "wasted-steps": wasted_steps,
    "float32-loss": float32_loss,
}

STEPS = (10, 20, 50)


def examine(
    schedule: Schedule,
    config: Mapping[str, Any] | None = None,
    *,
    steps: Sequence[int] = STEPS,
    sample_size: int | None = None,
    latent: bool = False,
    stored: str = "beta",
) -> list[Finding]:
    """Everything that is wrong with a schedule or worth knowing about it, the worst first.

    Args:
        schedule: may be broken: any β_t at all, NaN too.
        config: keys of a diffusers scheduler config; without one, nothing is known about the sampler.
        steps: numbers of sampling steps to examine.
        sample_size: side in pixels of the pictures, if known.
        latent: whether the pictures are an autoencoder's latents.
        stored: what the source stores: a key of QUANTITIES.

    Raises:
        ValueError: a number of steps below 1.
    """
    for S in steps:
        if isinstance(S, bool) or not isinstance(S, int) or S < 1:
            raise ValueError(f"a number of sampling steps must be a whole number from 1 up, got {S!r}; raise it")
    case = Case(schedule, config or {}, tuple(steps), sample_size, latent, stored)
    return worst_first(finding for examination in EXAMINATIONS.values() for finding in examination(case))


def examine_subject(subject: Subject, steps: Sequence[int] = STEPS) -> list[Finding]:
    """`examine` with all that a subject's source says."""
    return examine(
        subject.schedule,
        subject.config,
        steps=steps,
        sample_size=subject.sample_size,
        latent=subject.latent,
        stored=subject.stored,
    )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes, each in the order found."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
