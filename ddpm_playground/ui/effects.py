"""What a schedule does to a picture and to learning: a part of the Lab tab."""

import json
from collections.abc import Mapping
from typing import Any

from ..core import WEIGHTS, Schedule, SeededNoise, schedule_from_betas
from ..learn.data import bundled_digits
from ..recipe import DEFAULT
from ..views.effects import figures_of
from ..views.figures import plotly_script
from ..views.theme import DASHES
from .component import canvas_component, packed
from .labform import schedule_in, steps_in
from .refusal import refusal
from .text import text

# From nearly clean to nothing: log SNR of the first and the last picture of a row.
LEVELS = (6.0, -8.0)
# Where a digit of 28 pixels is usually lost.
USUAL_LIMIT = -3.0


def effects_value(references: list[tuple[str, Schedule]]) -> str:
    """What effects.js starts from: a picture, its noise, and the schedules beside."""
    x_0 = bundled_digits().x_0(slice(DEFAULT.digit, DEFAULT.digit + 1))
    _, C, H, W = x_0.shape
    value = {
        "plotly": str(plotly_script()),
        "dashes": DASHES,
        "levels": LEVELS,
        "usual_limit": USUAL_LIMIT,
        "x_0": packed(x_0),
        "eps": packed(SeededNoise(DEFAULT.noise_seed, [0], (C, H, W))()),
        "channels": C,
        "height": H,
        "width": W,
        "references": [
            {"name": name, "T": schedule.T, "betas": packed(schedule.betas, "<f8")} for name, schedule in references
        ],
    }
    return json.dumps(value)


def effects(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"figures", "steps"} of the schedule that was sent; or {"problem"}."""
    try:
        schedule = schedule_from_betas(schedule_in(asked).betas[1:])
        steps = steps_in(asked)
    except ValueError as error:
        return {"problem": refusal(error)}
    texts = {key: text(f"effects.{key}") for key in ("log_snr", "effort_y", "step_y")}
    texts |= {name: text(f"effects.weight_{name}") for name in WEIGHTS}
    figures = {name: json.loads(str(figure.to_json())) for name, figure in figures_of(schedule, steps, texts).items()}
    return {"figures": figures, "steps": max([S for S in steps if S <= schedule.T], default=schedule.T)}


def build(references: list[tuple[str, Schedule]]) -> None:
    """One component; the figures come from the server, the pictures are noised in the browser."""
    canvas_component(
        "effects", effects_value(references), ("formulas", "blend", "line", "walk", "plotting", "labstate"),
        elem_id="effects", apply_default_css=False, server_functions=[effects],
    )  # fmt: skip
