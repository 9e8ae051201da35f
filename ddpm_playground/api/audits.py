"""The deed that lets a scheduler class of diffusers run."""

from typing import Any

from ..core.phrase import Refusal
from .answers import Answer
from .schedules import MOST_STEPS, checked_lists


def audit_scheduler(
    scheduler: str,
    steps: int = 50,
    spacing: str | None = None,
    options: dict[str, Any] | None = None,
    timesteps: list[float] | None = None,
    sigmas: list[float] | None = None,
) -> Answer:
    """Run a scheduler class of the installed diffusers and say where each of its steps leads, and where it goes next.

    The same as `schedule audit --json` of the command line: its own step is called in float64 with an exact x_t and an
    exact network, and the timestep that it leads to is read off what comes back. Timesteps are diffusers' own, from 0.
    Example: audit_scheduler("DDIMScheduler", steps=10, spacing="linspace").

    Args:
        scheduler: name of a scheduler class, as DDIMScheduler
        steps: number of sampling steps S, in [1, 1000]
        spacing: its timestep_spacing: leading, linspace or trailing; default the class's own
        options: the keys of a scheduler_config.json; those that begin with an underscore are left out
        timesteps: sample at these, as a pipeline's timesteps; instead of steps
        sigmas: sample at these, as a pipeline's sigmas; instead of timesteps

    Returns:
        {"class", "steps", "spacing", "timesteps", "transitions": [{"t", "used", "next"}], "mismatches",
        "max_abs_error", "max_abs_error_at", "max_abs_error_to_used", "closed_form", "process", "log_snr", "reason",
        "notes"}
    """
    from ..lab.audit import audit

    if not 1 <= steps <= MOST_STEPS:
        raise Refusal(
            "steps must be a whole number in [1, {most}], got {got}; correct it", most=MOST_STEPS, got=repr(steps)[:20]
        )
    asked = {kind: values for kind, values in checked_lists(timesteps, sigmas).items() if values}
    count = len(next(iter(asked.values()))) if asked else steps
    told = {key: value for key, value in (options or {}).items() if not key.startswith("_")}
    return Answer(audit(scheduler, count, told, spacing, asked=asked).as_json())
