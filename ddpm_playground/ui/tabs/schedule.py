"""Schedule: how fast a picture drowns; curves over t, one picture at ten times, and every number at t."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import gradio as gr
import numpy as np

from ...core import PARAM_RANGES, SCHEDULES, Schedule, SeededNoise, schedule_params
from ...learn.data import bundled_digits
from ...recipe import DEFAULT, MAX_SCREEN_T, Recipe, schedule_of
from ...views.figures import (
    MAX_SCHEDULES,
    PLOTS,
    figures_json,
    plotly_script,
    plotted_steps,
    schedule_tables,
)
from ...views.theme import DASHES
from ..component import canvas_component, packed
from ..fields import Number, Slider
from ..page import Page, told
from ..text import text

FRAMES = 10
FIELDS = ("schedule", "T", "params", "zero_snr", "compare", "t", "digit", "noise_seed")
# √ᾱ_T up to which x_T passes for noise, and up to which only a trace of the picture is left in it.
TRACE, SOME = 0.02, 0.2


class Shown(NamedTuple):
    """One schedule on screen: its table, its key in SCHEDULES, and "", "published" or "rescaled" for its name."""

    schedule: Schedule
    key: str
    form: str

    @property
    def name(self) -> str:
        """The name on screen."""
        name = text(f"schedule.name_{self.key}")
        return text(f"schedule.{self.form}", name=name) if self.form else name


def own_params(schedule: str, params: str) -> str:
    """`params`, or "" where they are another schedule's: the reader has just chosen this one."""
    keys = {part.partition(":")[0] for part in params.split(",") if part}
    return params if keys <= set(schedule_params(schedule)) else ""


def shown_schedules(recipe: Recipe) -> list[Shown]:
    """The recipe's schedule, then up to MAX_SCHEDULES − 1 others as published, each once."""
    shown = [Shown(schedule_of(recipe), recipe.schedule, "rescaled" if recipe.zero_snr else "")]
    for key in filter(None, recipe.compare.split(",")):
        plain = recipe.with_(schedule=key, params="", zero_snr=False)
        own = key == recipe.schedule
        unchanged = own and not recipe.zero_snr and plain.schedule_params() == recipe.schedule_params()
        if (
            len(shown) < MAX_SCHEDULES
            and not unchanged
            and (key, "published" if own else "") not in [s[1:] for s in shown]
        ):
            shown.append(Shown(schedule_of(plain), key, "published" if own else ""))
    return shown


def verdict(schedule: Schedule) -> dict[str, str | float | None]:
    """What is left of the picture at T: √ᾱ_T, SNR(T), and in one word whether noise can stand for x_T."""
    root = float(schedule.alpha_bars[-1].sqrt())
    kind = "none" if root == 0 else "trace" if root <= TRACE else "some" if root <= SOME else "much"
    snr = float(schedule.snr[-1])
    return {"kind": kind, "root": root, "snr": snr if np.isfinite(snr) else None}


@lru_cache(maxsize=64)
def _figures(names: tuple[str, ...], T: int) -> dict[str, dict]:
    texts = {key: text(f"schedule.{key}") for plot in PLOTS for key in (f"{plot}_title", f"{plot}_y")}
    return figures_json(names, T, texts | {"x": text("schedule.x")})


def curves_value(recipe: Recipe, shown: Sequence[Shown]) -> str:
    """What curves.js draws: figures without points, and the tables that hold points and numbers."""
    value = {
        "T": recipe.T,
        "t": recipe.t,
        "plotly": str(plotly_script()),
        "schedules": [{"key": one.key, "form": one.form} for one in shown],
        "dashes": DASHES,
        "tables": [{key: packed(table) for key, table in schedule_tables(one.schedule).items()} for one in shown],
        "steps": packed(plotted_steps(recipe.T)),
        "figures": _figures(tuple(one.name for one in shown), recipe.T),
        "verdict": verdict(shown[0].schedule),
    }
    return json.dumps(value, allow_nan=False)


def filmstrip_value(recipe: Recipe, shown: Sequence[Shown]) -> str:
    """What filmstrip.js draws: x_0, ε, and for each schedule its weights at up to ten times from 0 to T."""
    pictures = bundled_digits()
    x_0 = pictures.x_0(slice(recipe.digit, recipe.digit + 1))
    eps = SeededNoise(recipe.noise_seed, [0], x_0.shape[1:])()
    ts = sorted({round(i * recipe.T / (FRAMES - 1)) for i in range(FRAMES)})
    weights = []
    for one in shown:
        tables = schedule_tables(one.schedule)
        named = {"a": "sqrt_alpha_bar", "b": "sqrt_one_minus_alpha_bar", "left": "alpha_bar"}
        weights.append({short: tables[key][ts].tolist() for short, key in named.items()})
    value = {
        "T": recipe.T,
        "t": recipe.t,
        "ts": ts,
        "digit": recipe.digit,
        "label": pictures.class_names[int(pictures.labels[recipe.digit])],
        "channels": x_0.shape[1],
        "height": x_0.shape[2],
        "width": x_0.shape[3],
        "x_0": packed(x_0),
        "eps": packed(eps),
        "weights": weights,
        "schedules": [{"key": one.key, "form": one.form} for one in shown],
        "dashes": DASHES,
    }
    return json.dumps(value, allow_nan=False)


def draw(*values: object) -> tuple[str, str]:
    """Curves and filmstrip of the settings in FIELDS."""
    given = dict(zip(FIELDS, values, strict=True))
    try:
        if given["T"] is None:
            raise ValueError(f"T must be a whole number in [1, {MAX_SCREEN_T}], got an empty box; enter a number")
        given["params"] = own_params(str(given["schedule"]), str(given["params"] or ""))
        # The curves move t without the server, so this t may be of a longer T.
        given["t"] = min(given["t"] or 0, given["T"])  # type: ignore[type-var]
        recipe = DEFAULT.with_(**given)
        shown = shown_schedules(recipe)
        return curves_value(recipe, shown), filmstrip_value(recipe, shown)
    except ValueError as error:
        raise told(error) from None


def knobs_value(schedule: str, params: str, compare: str) -> str:
    """What knobs.js shows: the parameters of the chosen schedule with range and value, and the other schedules."""
    try:
        params = own_params(schedule, params or "")
        now = DEFAULT.with_(schedule=schedule, params=params).schedule_params()
    except ValueError as error:
        raise told(error) from None
    published = schedule_params(schedule)
    knobs = []
    for key, value in now.items():
        low, high, step = PARAM_RANGES[key]
        knobs.append({"key": key, "value": value, "published": published[key], "low": low, "high": high, "step": step})
    value = {"schedule": schedule, "text": params, "params": knobs, "compare": compare or ""}
    return json.dumps(value | {"choices": list(SCHEDULES), "most": MAX_SCHEDULES - 1})


def from_knobs(key: str) -> str:
    """JavaScript that reads what the knobs have just set, so that it reaches its widget without the server."""
    return f"() => document.querySelector('#schedule-knobs .knobs').dataset.{key}"


def build(page: Page) -> None:
    """Choice of schedule on top, pictures and plots at the left, its parameters at the right."""

    def say(key: str) -> str:
        return text(f"schedule.{key}")

    gr.Markdown(say("lead"), elem_classes="ddpm-lead")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300, elem_classes=["ddpm-settings", "ddpm-aside"]):
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
            knobs = canvas_component("knobs", None, elem_id="schedule-knobs", parts=("line",), apply_default_css=False)
            page.control(
                "zero_snr",
                gr.Checkbox(
                    DEFAULT.zero_snr, label=say("zero_snr"), info=say("zero_snr_info"), elem_id="schedule-zero-snr"
                ),
            )
        with gr.Column(scale=8, min_width=320):
            strip = canvas_component(
                "filmstrip", None, elem_id="schedule-strip", parts=("line", "blend"), apply_default_css=False
            )
            curves = canvas_component(
                "curves", None, elem_id="schedule-curves", parts=("line",), apply_default_css=False
            )
    # The recipe's texts and t have no widget of their own: knobs.js and curves.js show them.
    params = page.control("params", gr.Textbox(DEFAULT.params, visible="hidden", elem_id="schedule-params"))
    compare = page.control("compare", gr.Textbox(DEFAULT.compare, visible="hidden", elem_id="schedule-compare"))
    page.control("t", Number(DEFAULT.t, visible="hidden", precision=0, elem_id="schedule-t"))

    knobs.params(None, None, params, js=from_knobs("params"))
    knobs.compare(None, None, compare, js=from_knobs("compare"))
    schedule.input(None, None, params, js="() => ''")
    page.refresh(knobs_value, ["schedule", "params", "compare"], [knobs])
    page.refresh(draw, FIELDS, [curves, strip])
