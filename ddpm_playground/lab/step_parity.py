"""How far a foreign scheduler's step is from the closed form of the same step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core import SAMPLERS, Schedule, schedule_from_betas
from ..core.gaussian import posterior_coefficients
from ..core.sampler import Coefficients
from .probe import PROCESSES, Blend, variance_preserving

# A rule (schedule, t, s, of_z) -> coefficients; of_z is the σ that the measured step has
ClosedForm = Callable[[Schedule, int, int, float], Coefficients[float]]


def _ddim(schedule: Schedule, t: int, s: int, of_z: float) -> Coefficients[float]:
    return SAMPLERS["ddim"](schedule, t, s, 0.0)


def _ddpm_small(schedule: Schedule, t: int, s: int, of_z: float) -> Coefficients[float]:
    return SAMPLERS["ddpm"](schedule, t, s, 0.0)


def _ddpm_large(schedule: Schedule, t: int, s: int, of_z: float) -> Coefficients[float]:
    return SAMPLERS["ddpm"](schedule, t, s, 1.0)


def _noised_anew(schedule: Schedule, t: int, s: int, of_z: float) -> Coefficients[float]:
    """q(x_s | x̂_0), none of ε kept, as consistency models step."""
    alpha_bar_s = float(schedule.alpha_bars[s])
    return Coefficients(math.sqrt(alpha_bar_s), 0.0, 0.0, 1.0 - alpha_bar_s)


def _ddim_own_eta(schedule: Schedule, t: int, s: int, of_z: float) -> Coefficients[float]:
    """DDIM with the η that makes η² β̃ the step's own variance."""
    beta_tilde = float(posterior_coefficients(schedule, t, s).variance)
    return SAMPLERS["ddim"](schedule, t, s, of_z / math.sqrt(beta_tilde) if beta_tilde > 0 else 0.0)


CLOSED_FORMS: dict[str, ClosedForm] = {
    "DDIM, η = 0": _ddim,
    "DDPM, σ² = β̃": _ddpm_small,
    "DDPM, σ² = β": _ddpm_large,
    "q(x_s | x̂_0)": _noised_anew,
    "DDIM at the scheduler's own η": _ddim_own_eta,
}

FITS = 1e-3  # largest |Δ| of a coefficient


@dataclass(frozen=True)
class Measured:
    """One measured step: log SNR of x_t, of where it should lead, and of where it leads; x in the scheduler's scale."""

    log_snr_t: float
    log_snr_next: float
    log_snr_used: float
    output: Blend


@dataclass(frozen=True)
class Parity:
    """Which closed form a chain follows, and each step's largest |Δ| from it: to the next t, and to the used one."""

    closed_form: str
    to_next: tuple[float, ...]
    to_used: tuple[float, ...]


def _two_levels(log_snr_t: float, log_snr_s: float) -> tuple[Schedule, int, int] | None:
    """A schedule that has just these two levels, with their t and s; None where the step adds noise."""
    alpha_bar_t = variance_preserving(log_snr_t) ** 2
    if log_snr_s == math.inf:
        return schedule_from_betas([1.0 - alpha_bar_t]), 1, 0
    alpha_bar_s = variance_preserving(log_snr_s) ** 2
    if not alpha_bar_t <= alpha_bar_s:
        return None
    return schedule_from_betas([1.0 - alpha_bar_s, 1.0 - alpha_bar_t / alpha_bar_s]), 2, 1


def _error(process: str, step: Measured, log_snr_s: float, rule: ClosedForm) -> float:
    """Largest |Δ| over the coefficients of x_0, ε and z, of x_s scaled to √ᾱ_s x_0 + √(1 − ᾱ_s) ε."""
    levels = _two_levels(step.log_snr_t, log_snr_s)
    if levels is None:
        return math.inf
    schedule, t, s = levels
    scale = variance_preserving(log_snr_s) / PROCESSES[process](log_snr_s)
    output = (step.output.of_x_0 * scale, step.output.of_eps * scale, step.output.of_z * scale)
    c = rule(schedule, t, s, output[2])
    alpha_bar_t = float(schedule.alpha_bars[t])
    exact = (
        c.of_x_0 + c.of_x_t * math.sqrt(alpha_bar_t),
        c.of_eps + c.of_x_t * math.sqrt(1.0 - alpha_bar_t),
        math.sqrt(c.variance),
    )
    return max(abs(a - b) for a, b in zip(output, exact, strict=True))


def parity(process: str, steps: Sequence[Measured]) -> Parity | None:
    """The closed form that these steps follow, and how far they are from it.

    Which one it is, is measured: the one of CLOSED_FORMS that fits the steps best when it goes where they
    themselves go. The errors that matter are then of the same closed form going to the next visited t.

    Returns:
        None where none fits to FITS, or where a step adds noise.
    """
    best, closed_form, to_used = math.inf, "", []
    for title, rule in CLOSED_FORMS.items():
        errors = _errors(process, steps, rule)
        worst = max(errors, default=math.inf)
        # An earlier one that fits as well but for rounding is the simpler one.
        if worst < 0.1 * best - 1e-9 or math.isinf(best):
            best, closed_form, to_used = worst, title, errors
        if best < 1e-9:
            break
    if not best < FITS:
        return None
    rule = CLOSED_FORMS[closed_form]
    to_next = [
        used if step.log_snr_next == step.log_snr_used else _error(process, step, step.log_snr_next, rule)
        for step, used in zip(steps, to_used, strict=True)
    ]
    return Parity(closed_form, tuple(to_next), tuple(to_used)) if all(map(math.isfinite, to_next)) else None


def _errors(process: str, steps: Sequence[Measured], rule: ClosedForm) -> list[float]:
    """Of each step going where it goes; ∞ alone as soon as one is too far for this form to be the one that fits."""
    errors = []
    for step in steps:
        errors.append(_error(process, step, step.log_snr_used, rule))
        if not errors[-1] < 10 * FITS:
            return [math.inf]
    return errors
