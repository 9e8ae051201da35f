"""The audit on screen: a part of the Lab tab."""

import json
from collections.abc import Mapping
from typing import Any

from ..core import SPACINGS
from ..lab.audit import audit
from ..lab.scheduler_classes import parse_options, scheduler_classes
from ..recipe import DEFAULT
from ..views.figures import figures_json, plotly_script
from .component import canvas_component
from .plots import figure_texts
from .refusal import refusal

# What is audited first: the wrong previous timesteps of diffusers' issue #11347.
CHOSEN, SPACING = "DDIMScheduler", "linspace"
MAX_STEPS = 1000


def audit_value() -> str:
    """What audit.js starts from; the other classes it asks for once it is seen, since diffusers is slow to come."""
    texts = figure_texts()
    value = {
        "chosen": CHOSEN,
        "spacings": list(SPACINGS),
        "spacing": SPACING,
        "plotly": str(plotly_script()),
        "figure": figures_json([""], DEFAULT.T, texts)["log_snr"],
    }
    return json.dumps(value, allow_nan=False)


def class_names(asked: Mapping[str, Any]) -> list[str]:
    """The scheduler classes that can be audited; nothing is asked."""
    return list(scheduler_classes())


def audit_scheduler(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The audit as `schedule audit --json` has it, and each step's error; or {"problem"}."""
    try:
        steps = str(asked.get("steps") or "")
        if not steps.isdecimal() or not 1 <= int(steps) <= MAX_STEPS:
            raise ValueError(f"steps must be a whole number in [1, {MAX_STEPS}], got {steps[:20]!r}; correct it")
        options = parse_options(str(asked.get("options") or "").split())
        done = audit(str(asked.get("class")), int(steps), options, asked.get("spacing") or None)
    except ValueError as error:
        return {"problem": refusal(error)}
    steps_told = [{"error": one.error, "landed": one.landed} for one in done.transitions]
    said = {"reason": done.reason and refusal(done.reason), "notes": [refusal(note) for note in done.notes]}
    return done.as_json() | said | {"measured": steps_told}


def build() -> None:
    """One component, which asks the server for one audit at a time."""
    canvas_component(
        "audit", audit_value(), ("plotting",), elem_id="audit", apply_default_css=False,
        server_functions=[audit_scheduler, class_names],
    )  # fmt: skip
