"""The audit on screen: a part of the Lab tab."""

import json
from collections.abc import Mapping
from typing import Any

from ...bridge.option_text import parse_options
from ...bridge.scheduler_classes import scheduler_classes
from ...core import SPACINGS
from ...core.phrase import Refusal
from ...lab.audit import audit
from ...recipe import DEFAULT
from ...views.figures import figures_json
from ..serving.failure import answering
from ..words.refusal import refusal

# What is audited first: the wrong previous timesteps of diffusers' issue #11347.
CHOSEN, SPACING = "DDIMScheduler", "linspace"
MAX_STEPS = 1000


def audit_value() -> str:
    """What audit.js starts from; the other classes it asks for once it is seen, since diffusers is slow to come."""
    value = {
        "chosen": CHOSEN,
        "spacings": list(SPACINGS),
        "spacing": SPACING,
        "figure": figures_json([""], DEFAULT.T)["log_snr"],
    }
    return json.dumps(value, allow_nan=False)


def class_names(asked: Mapping[str, Any]) -> dict[str, list[str]]:
    """{"names"} of the scheduler classes that can be audited; nothing is asked."""
    return {"names": list(scheduler_classes())}


@answering
def audit_scheduler(asked: dict[str, Any]) -> dict[str, Any]:
    """The audit as `schedule audit --json` has it, and each step's error; or {"problem"}."""
    steps = str(asked.get("steps") or "")
    if not steps.isdecimal() or len(steps) > 4 or not 1 <= int(steps) <= MAX_STEPS:
        raise Refusal(
            "steps must be a whole number in [1, {most}], got {got}; correct it", most=MAX_STEPS, got=repr(steps[:20])
        )
    options = parse_options(str(asked.get("options") or "").split())
    done = audit(str(asked.get("class")), int(steps), options, str(asked.get("spacing") or "") or None)
    steps_told = [{"error": one.error, "landed": one.output} for one in done.transitions]
    said = {"reason": done.reason and refusal(done.reason), "notes": [refusal(note) for note in done.notes]}
    return done.as_json() | said | {"measured": steps_told}
