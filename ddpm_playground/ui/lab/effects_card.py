"""What a schedule does to a picture and to learning: a part of the Lab tab."""

import json
from collections.abc import Mapping
from typing import Any

from ...core import WEIGHTS, SeededNoise, schedule_from_betas
from ...learn.data.pictures import bundled_digits
from ...recipe import DEFAULT
from ...views.effect_plots import figures_of
from ...views.theme import DASHES
from ..page.component import packed
from ..protocol.lab_messages import Effects, EffectsStart
from ..serving.failure import answering
from ..words.text import text
from .form import schedule_in, steps_in
from .reference import reference, references

# From nearly clean to nothing: log SNR of the first and the last picture of a row.
LEVELS = (6.0, -8.0)
# Where a digit of 28 pixels is usually lost.
USUAL_LIMIT = -3.0
BESIDE = {"linear", "cosine", "stable"}


def effects_value() -> str:
    """What effects.js starts from: a picture, its noise, and the schedules beside."""
    x_0 = bundled_digits().x_0(slice(DEFAULT.digit, DEFAULT.digit + 1))
    _, C, H, W = x_0.shape
    value: EffectsStart = {
        "dashes": DASHES,
        "levels": LEVELS,
        "usual_limit": USUAL_LIMIT,
        "x_0": packed(x_0),
        "eps": packed(SeededNoise(DEFAULT.noise_seed, [0], (C, H, W))()),
        "channels": C,
        "height": H,
        "width": W,
        "references": [reference(name, schedule) for name, schedule in references() if name in BESIDE],
    }
    return json.dumps(value)


@answering
def effects(asked: Mapping[str, Any]) -> Effects:
    """{"figures", "steps"} of the schedule that was sent; or {"problem"}."""
    schedule, steps = schedule_from_betas(schedule_in(asked).betas[1:]), steps_in(asked)
    texts = {key: text(f"effects.{key}") for key in ("log_snr", "effort_y", "step_y")}
    texts |= {name: text(f"effects.weight_{name}") for name in WEIGHTS}
    figures = {name: json.loads(str(figure.to_json())) for name, figure in figures_of(schedule, steps, texts).items()}
    return {"figures": figures, "steps": max([S for S in steps if S <= schedule.T], default=schedule.T)}
