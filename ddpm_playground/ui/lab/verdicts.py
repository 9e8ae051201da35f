"""What the Lab tab is answered: the verdict on a schedule, files of it, and what the tab starts from."""

import json
import math
from collections.abc import Mapping
from typing import Any

from ...core import SCHEDULES
from ...core.phrase import Refusal
from ...lab.doctor import examine_subject, records_of_subject
from ...lab.export import FORMATS, config_of
from ...lab.finding import Finding
from ...lab.patching import with_keys
from ...lab.peers import PEERS
from ...lab.read_schedule import ReadSchedule, plain_config, subject_of_config
from ...lab.reading import MAX_BYTES, read_text
from ...recipe import DEFAULT, MAX_LAB_TEXT, STABLE_DIFFUSION
from ...views.figures import FEW_STEPS, MAX_POINTS, MAX_SCHEDULES, figures_json
from ...views.theme import DASHES
from ..page.component import packed
from ..protocol.lab_messages import Card, Example, Examples, Exported, LabStart, Verdict, Visits
from ..serving.failure import answering
from ..words.language import spoken
from ..words.refusal import refusal
from ..words.text import text
from .form import config_in, lists_in, schedule_in, steps_in, with_besides
from .reference import STABLE, reference, references

RAW = {"clip_sample": False}
TRAILING = {"timestep_spacing": "trailing"}
ZERO_V = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
# key of the text → what is filled in
BROKEN: dict[str, dict[str, Any]] = {
    "stable": STABLE_DIFFUSION,
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


def lab_value() -> str:
    """What lab.js starts from; a label is the key of a text, or a name as it stands."""
    named = [
        ("lab.group_ours", [Example(label=f"schedule.choice_{name}", text=name) for name in SCHEDULES]),
        ("lab.group_peers", [Example(label=name, text=name) for name in PEERS]),
    ]
    examples = [
        (
            group,
            [Example(label=f"lab.example_{key}", text=json.dumps(config, indent=2)) for key, config in table.items()],
        )
        for group, table in (("lab.group_broken", BROKEN), ("lab.group_healthy", HEALTHY))
    ]
    value: LabStart = {
        "dashes": DASHES,
        "most": MAX_SCHEDULES,
        "few_steps": FEW_STEPS,
        "most_points": MAX_POINTS,
        "most_bytes": MAX_BYTES,
        "most_in_link": MAX_LAB_TEXT,
        "figures": figures_json([""] * MAX_SCHEDULES, DEFAULT.T),
        "shown": ["linear", "cosine"],
        "references": [reference(name, schedule) for name, schedule in references()],
        "formats": list(FORMATS),
        "examples": [Examples(label=label, entries=entries) for label, entries in (*examples, *named)],
    }
    return json.dumps(value, allow_nan=False)


@answering
def examine(asked: dict[str, Any]) -> Verdict:
    """The verdict on a text; or {"problem"}: why it is none."""
    return _verdict(read_text(str(asked.get("text", ""))), asked)


@answering
def examine_edited(asked: dict[str, Any]) -> Verdict:
    """The verdict on β_0…β_T that were dragged, with the rest of the config as it was."""
    schedule = schedule_in(asked)
    config = config_of(schedule, config_in(asked))
    subject = subject_of_config(config) if config_in(asked) else ReadSchedule(schedule)
    return _verdict(ReadSchedule(schedule, subject.config, (text("lab.edited_read"),)), asked)


@answering
def export(asked: dict[str, Any]) -> Exported:
    """{"name", "text"} of a file; or {"problem"}."""
    kind = str(asked.get("format"))
    if kind not in FORMATS:
        raise Refusal(
            "a file must be one of {known}, got {got}; reload the page", known=", ".join(FORMATS), got=repr(kind[:20])
        )
    return {"name": FORMATS[kind].file_name, "text": FORMATS[kind].write(schedule_in(asked), config_in(asked))}


def _verdict(read: ReadSchedule, asked: Mapping[str, Any]) -> Verdict:
    subject = with_besides(read, asked)
    schedule, trained = subject.schedule, subject.trained and subject.trained.schedule
    findings = examine_subject(subject, steps_in(asked), **lists_in(asked))
    return {
        "name": schedule.name,
        "T": schedule.T,
        "betas": packed(schedule.betas, "<f8"),
        "config": json.loads(json.dumps(plain_config(subject.config), default=str)),
        "read_as": [refusal(sentence) for sentence in subject.read_as],
        "trained": trained and reference(trained.name, trained),
        "sampling": _sampling(subject, asked),
        "findings": [_card(finding, subject.given or subject.config) for finding in findings],
    }


def _sampling(subject: ReadSchedule, asked: Mapping[str, Any]) -> Visits | None:
    """What the most steps asked for really visit: the paper's t, and log SNR there; None where that is not known.

    Where the class counts its time otherwise (EDM, flow, continuous t), its visits lie evenly from T on.
    """
    records = records_of_subject(subject, steps_in(asked), **lists_in(asked))
    record = max((one for one in records if one.log_snr), key=lambda one: one.num_steps, default=None)
    if record is None:
        return None
    calls, T = len(record.timesteps), subject.schedule.T
    t = [one + 1 for one in record.timesteps] if record.on_table else [T * (1 - i / calls) for i in range(calls)]
    levels = [level if math.isfinite(level) else None for level in record.log_snr]
    return {"steps": record.num_steps, "class": record.class_name, "t": t, "log_snr": levels}


def _card(finding: Finding, keys: Mapping[str, Any]) -> Card:
    """A finding in the reader's language, whether there is nothing to do about it, and the config with its patch."""
    told = finding.in_language(spoken(), refusal).as_json()
    steps = finding.values.get("steps")
    patched = None if finding.patch is None else plain_config(with_keys(keys, finding.patch))
    return Card(
        **told,
        patched=json.loads(json.dumps(patched, default=str)),
        idle=finding.idle,
        steps=steps if isinstance(steps, int) else None,
    )
