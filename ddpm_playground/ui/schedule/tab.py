"""Schedule: how fast a picture drowns; curves over t, one picture at ten times, and every number at t.

All of it follows the settings in the browser; here only what does not depend on the schedule is made, and β_t of
schedules that the browser does not know.
"""

import json

import gradio as gr
from gradio.i18n import I18nData

from ...core import SCHEDULES, SeededNoise
from ...learn.data.pictures import bundled_digits
from ...recipe import DEFAULT, MAX_SCREEN_T
from ...views.figures import FEW_STEPS, MAX_POINTS, MAX_SCHEDULES, figures_json
from ...views.theme import DASHES
from ..page.betas import schedule_betas
from ..page.component import canvas_component, packed
from ..page.fields import Number, Slider
from ..page.page import Page
from ..page.story import story_line
from ..protocol.page_messages import CurvesStart, FilmstripPicture, Param, ScheduleFacts
from ..serving.failure import on_screen
from ..words.text import label


def facts() -> ScheduleFacts:
    """What the browser must know of schedules: parameters with range and published value, how many fit, largest T."""
    params = {
        name: {
            key: Param(**dict(zip(("low", "high", "step"), family.ranges[key], strict=True)), published=published)
            for key, published in family.params.items()
        }
        for name, family in SCHEDULES.items()
    }
    return {"params": params, "most": MAX_SCHEDULES, "most_T": MAX_SCREEN_T}


def curves_value() -> str:
    """What curves.js starts from: the empty figures of as many schedules as fit."""
    value: CurvesStart = {
        "dashes": DASHES,
        "few_steps": FEW_STEPS,
        "most_points": MAX_POINTS,
        "figures": figures_json([""] * MAX_SCHEDULES, MAX_SCREEN_T),
    }
    return json.dumps(value, allow_nan=False)


@on_screen
def filmstrip_value(digit: object, noise_seed: object) -> str:
    """What filmstrip.js noises: x_0 and ε."""
    recipe = DEFAULT.with_(digit=digit, noise_seed=noise_seed)
    pictures = bundled_digits()
    x_0 = pictures.x_0(slice(recipe.digit, recipe.digit + 1))
    value: FilmstripPicture = {
        "digit": recipe.digit,
        "label": pictures.class_names[int(pictures.labels[recipe.digit])],
        "channels": x_0.shape[1],
        "height": x_0.shape[2],
        "width": x_0.shape[3],
        "x_0": packed(x_0),
        "eps": packed(SeededNoise(recipe.noise_seed, [0], x_0.shape[1:])()),
        "dashes": DASHES,
    }
    return json.dumps(value)


def build(page: Page) -> None:
    """Choice of schedule on top, pictures and plots at the left, its parameters at the right."""

    def say(key: str) -> I18nData:
        return label(f"schedule.{key}")

    story_line("schedule")
    with gr.Row(equal_height=False):
        with gr.Column(scale=8, min_width=320):
            strip = canvas_component(
                "schedule/filmstrip", elem_id="schedule-strip", apply_default_css=False,
                server_functions=[schedule_betas],
            )  # fmt: skip
            canvas_component(
                "schedule/curves", f"{__name__}:curves_value", elem_id="schedule-curves", apply_default_css=False,
                server_functions=[schedule_betas],
            )  # fmt: skip
        with gr.Column(scale=3, min_width=300, elem_classes="ddpm-settings"):
            schedule = gr.Dropdown(
                [(say(f"choice_{name}"), name) for name in SCHEDULES],
                value=DEFAULT.schedule, label=say("schedule"), info=say("schedule_info"), filterable=False,
                elem_id="schedule-name",
            )  # fmt: skip
            page.control("schedule", schedule)
            page.control(
                "T",
                Slider(
                    1, MAX_SCREEN_T, value=DEFAULT.T, step=1, label=say("T"), info=say("T_info"), buttons=[],
                    elem_id="schedule-T",
                ),
            )  # fmt: skip
            canvas_component("schedule/knobs", elem_id="schedule-knobs", apply_default_css=False)
            page.control(
                "zero_snr",
                gr.Checkbox(
                    DEFAULT.zero_snr, label=say("zero_snr"), info=say("zero_snr_info"), elem_id="schedule-zero-snr"
                ),
            )
    # These have no widget of their own: the address puts them here, and the browser shows them.
    page.control("params", gr.Textbox(DEFAULT.params, visible="hidden", elem_id="schedule-params"))
    page.control("compare", gr.Textbox(DEFAULT.compare, visible="hidden", elem_id="schedule-compare"))
    page.control("t", Number(DEFAULT.t, visible="hidden", precision=0, elem_id="schedule-t"))
    page.refresh(filmstrip_value, ["digit", "noise_seed"], [strip])
