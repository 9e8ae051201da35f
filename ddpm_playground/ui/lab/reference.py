"""Schedules that others are laid beside, and how the browser gets them."""

from ...core import Schedule
from ...lab.read_schedule import named_subject
from ..page.component import packed
from ..protocol.lab_messages import Reference

STABLE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def reference(name: str, schedule: Schedule) -> Reference:
    """β_0…β_T of a schedule under the name that the browser has for it."""
    return {"name": name, "T": schedule.T, "betas": packed(schedule.betas, "<f8")}


def references() -> list[tuple[str, Schedule]]:
    """Schedules to lay under the one examined."""
    return [
        ("linear", named_subject("linear").schedule),
        ("cosine", named_subject("cosine").schedule),
        (
            "stable",
            named_subject("scaled_linear", params={k: v for k, v in STABLE.items() if k != "beta_schedule"}).schedule,
        ),
        ("edm", named_subject("karras").schedule),
        ("flow", named_subject("flow").schedule),
    ]
