"""Lab: any schedule in, its curves and what is wrong with it, a curve to drag, and files out."""

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ...core import SCHEDULES, Schedule
from ...lab.doctor import examine_subject
from ...lab.export import FORMATS, config_of
from ...lab.peers import PEERS
from ...lab.reading import MAX_BYTES, read_text
from ...lab.said import in_language
from ...lab.subject import Subject, named_subject, subject_of_config
from ...recipe import DEFAULT, MAX_LAB_TEXT
from ...views.figures import FEW_STEPS, MAX_POINTS, MAX_SCHEDULES, figures_json, plotly_script
from ...views.theme import DASHES
from .. import audit, effects, trial
from ..component import canvas_component, packed
from ..labform import config_in, schedule_in, sized, steps_in
from ..language import spoken
from ..page import Page
from ..plots import figure_texts
from ..refusal import refusal
from ..text import label, text

STABLE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
RAW = {"clip_sample": False}
TRAILING = {"timestep_spacing": "trailing"}
ZERO_V = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
# key of the text → what is filled in
BROKEN: dict[str, dict[str, Any]] = {
    "stable": {"_class_name": "DDIMScheduler", **STABLE, "clip_sample": False, "steps_offset": 1},
    "zero_eps": {"_class_name": "DDIMScheduler", **STABLE, **ZERO_V, "prediction_type": "epsilon", **TRAILING, **RAW},
    "short": {"_class_name": "DDPMScheduler", "num_train_timesteps": 100, "beta_start": 1e-4, "beta_end": 0.02},
    "linspace": {"_class_name": "DDIMScheduler", "timestep_spacing": "linspace"},
    "zero_leading": {"_class_name": "DDIMScheduler", **STABLE, **ZERO_V, "timestep_spacing": "leading"},
    "negative": {"_class_name": "DDPMScheduler", "trained_betas": [0.05, 0.1, -0.2, 0.4, 0.99]},
}
HEALTHY: dict[str, dict[str, Any]] = {
    "ddpm": {"_class_name": "DDPMScheduler"},
    "zero_v": {"_class_name": "DDIMScheduler", **STABLE, **ZERO_V, **TRAILING},
    "edm": {"_class_name": "EDMEulerScheduler"},
    "flow": {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0},
}


def _references() -> list[tuple[str, Schedule]]:
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


def lab_value() -> str:
    """What lab.js starts from; a label is the key of a text, or a name as it stands."""
    named = [
        ("lab.group_ours", [{"label": f"schedule.choice_{name}", "text": name} for name in SCHEDULES]),
        ("lab.group_peers", [{"label": name, "text": name} for name in PEERS]),
    ]
    examples = [
        (
            group,
            [{"label": f"lab.example_{key}", "text": json.dumps(config, indent=2)} for key, config in table.items()],
        )
        for group, table in (("lab.group_broken", BROKEN), ("lab.group_healthy", HEALTHY))
    ]
    value = {
        "plotly": str(plotly_script()),
        "dashes": DASHES,
        "most": MAX_SCHEDULES,
        "few_steps": FEW_STEPS,
        "most_points": MAX_POINTS,
        "most_bytes": MAX_BYTES,
        "most_in_link": MAX_LAB_TEXT,
        "figures": figures_json([""] * MAX_SCHEDULES, DEFAULT.T, figure_texts()),
        "shown": ["cosine"],
        "references": [
            {"name": name, "T": schedule.T, "betas": packed(schedule.betas, "<f8")} for name, schedule in _references()
        ],
        "examples": [{"label": label, "entries": entries} for label, entries in (*examples, *named)],
    }
    return json.dumps(value, allow_nan=False)


def examine(asked: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a text; or {"problem"}: why it is none."""
    try:
        subject = sized(read_text(str(asked.get("text", ""))), asked)
        return _verdict(subject, asked)
    except ValueError as error:
        return {"problem": refusal(error)}


def examine_edited(asked: dict[str, Any]) -> dict[str, Any]:
    """The verdict on β_0…β_T that were dragged, with the rest of the config as it was."""
    try:
        schedule = schedule_in(asked)
        config = config_of(schedule, config_in(asked))
        subject = subject_of_config(config) if config_in(asked) else Subject(schedule)
        return _verdict(sized(Subject(schedule, subject.config, (text("lab.edited_read"),)), asked), asked)
    except ValueError as error:
        return {"problem": refusal(error)}


def export(asked: dict[str, Any]) -> dict[str, Any]:
    """{"name", "text"} of a file; or {"problem"}."""
    try:
        made = FORMATS[asked["format"]](schedule_in(asked), config_in(asked))
    except ValueError as error:
        return {"problem": refusal(error)}
    names = {".json": "scheduler_config.json", ".csv": "schedule.csv", ".py": "scheduler.py"}
    return {"name": names[asked["format"]], "text": made}


def _verdict(subject: Subject, asked: Mapping[str, Any]) -> dict[str, Any]:
    schedule = subject.schedule
    return {
        "name": schedule.name,
        "T": schedule.T,
        "betas": packed(schedule.betas, "<f8"),
        "config": json.loads(json.dumps(dict(subject.config), default=str)),
        "read_as": [in_language(sentence, spoken()) for sentence in subject.read_as],
        "findings": [one.in_language(spoken(), refusal).as_json() for one in examine_subject(subject, steps_in(asked))],
    }


def build(page: Page) -> None:
    """One component; what it asks of the server are the three functions above."""
    gr.Markdown(label("lab.lead"), elem_classes="ddpm-lead")
    parts = ("formulas", "shown", "line", "plotting", "sketch", "labstate", "exports")
    canvas_component(
        "lab", lab_value(), parts, elem_id="lab", apply_default_css=False,
        server_functions=[examine, examine_edited, export],
    )  # fmt: skip
    trial.build()
    beside = {"linear", "cosine", "stable"}
    effects.build([(name, schedule) for name, schedule in _references() if name in beside])
    audit.build()
    # These have no widget of their own: the address puts them here.
    page.control("lab", gr.Textbox(DEFAULT.lab, visible="hidden", elem_id="lab-text"))
    page.control("lab_steps", gr.Textbox(DEFAULT.lab_steps, visible="hidden", elem_id="lab-steps"))
