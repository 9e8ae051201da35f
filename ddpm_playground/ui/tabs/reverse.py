"""Reverse: the chain of algorithm 2, live."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

import gradio as gr
from gradio.i18n import I18nData

from ...core import SAMPLERS, SPACINGS
from ...lab.foreign import FOREIGN
from ...recipe import DEFAULT, MAX_IMAGES, MAX_SEED, Recipe
from ...run import Run, shelf
from ...views.export import write_gif, write_npz
from ..component import canvas_component
from ..fields import Number, Slider
from ..fitting import fit_settings
from ..handover import HandOver, read_hand_over
from ..loading import loading_line
from ..page import HOT, LATEX, Page, clicked, told, warn
from ..runs import Runs
from ..stream import catch_up, has_room, messages, unread_by
from ..text import label, note, text

FIELDS = (
    "checkpoint", "label", "guidance", "sampler", "num_steps", "spacing", "strength", "add_noise", "clip_x_0",
    "seed", "num_images",
)  # fmt: skip
RUNS = Runs()
# The address can make a bundled digit's x_t again.
REMEMBER = "(v) => window.ddpmRemember('from_forward', Boolean(v && JSON.parse(v).repeatable))"
# Resolves once this tab has been seen for a while.
ARRIVE = "() => window.ddpmArrived()"
STATUS_LINE = '<p class="ddpm-note" role="status">${value}</p>'


@cache
def recorded() -> str:
    """The recorded run that plays until the first live one."""
    return (files("ddpm_playground") / "data" / "recorded_run.json").read_text(encoding="utf-8")


def recipe_of(values: tuple[object, ...]) -> Recipe:
    """The recipe that the widgets of this tab show."""
    return DEFAULT.with_(**dict(zip(FIELDS, values, strict=True)))


def stream(request: gr.Request, *values: object) -> Iterator[str]:
    """Start: yields the player's messages while the chain runs."""
    *settings, start_text = values
    try:
        recipe = recipe_of(tuple(settings))
        handed = read_hand_over(str(start_text or ""))
        run = Run(recipe, handed.start if handed else None)
        told_by = note(
            "reverse.note_live",
            sampler=note(f"reverse.sampler_{recipe.sampler}"),
            steps=len(run.path) - 1,
            schedule=run.schedule.name,
            T=run.schedule.T,
            device=run.checkpoint.described(),
        )
        yield from messages(RUNS.begin(str(request.session_hash), run, told_by), unread_by(request))
    except ValueError as error:
        raise told(error) from None


def stream_from_here(request: gr.Request, *values: object) -> Iterator[str]:
    """Start, if there is a picture to start from."""
    if values[-1]:
        yield from stream(request, *values)


def stream_on_arrival(request: gr.Request, *values: object) -> Iterator[str]:
    """Start by itself once the recorded run has been seen, unless the reader was quicker.

    A picture to start from means that `stream_from_here` is about to run.
    """
    if not values[-1] and not RUNS.has(str(request.session_hash)):
        yield from stream(request, *values)


def send_missing(event: gr.EventData, request: gr.Request) -> str | dict:
    """The player has missed messages of its run: those frames again.

    Nothing if the run is no longer this tab's, or as long as too much waits unread; the player asks again.
    """
    try:
        run_id, first = str(event.run), int(event.first)
    except (AttributeError, TypeError, ValueError):
        return gr.skip()
    live = RUNS.find(str(request.session_hash), run_id)
    return catch_up(live, first) if live and has_room(live, unread_by(request)()) else gr.skip()


def stop(request: gr.Request) -> None:
    """Stop this tab's run after the step it is in."""
    RUNS.stop(str(request.session_hash))


def forget(request: gr.Request) -> None:
    """The browser tab was closed."""
    RUNS.forget(str(request.session_hash))


def _download(request: gr.Request, suffix: str) -> Path:
    return (
        Path(tempfile.mkdtemp(prefix="ddpm-"))
        / f"ddpm_run_{RUNS.of(str(request.session_hash)).run.recipe.seed}.{suffix}"
    )


def save_gif(request: gr.Request) -> str:
    """The last run as an animated GIF; returns its path."""
    try:
        path = _download(request, "gif")
        live = RUNS.of(str(request.session_hash))
        write_gif(path, live.xs, live.run.checkpoint.is_planar)
        return str(path)
    except ValueError as error:
        raise told(error) from None


def save_npz(request: gr.Request) -> str:
    """The last run as numpy arrays; returns the file's path."""
    try:
        path, live = _download(request, "npz"), RUNS.of(str(request.session_hash))
        facts = {field.name: getattr(live.run.recipe, field.name) for field in fields(Recipe) if field.name in FIELDS}
        facts |= {"numbers": [asdict(live.run.numbers(t, s)) for t, s in zip(live.ts, live.ts[1:], strict=False)]}
        planar = live.run.checkpoint.is_planar
        write_npz(path, live.ts, live.xs, live.eps_hats, live.run.labels, live.run.schedule.alpha_bars, facts, planar)
        return str(path)
    except ValueError as error:
        raise told(error) from None


def start_line(run: Run, handed: HandOver | None) -> str:
    """One line that says where the chain starts."""
    if handed is None or run.start is None:
        return text("reverse.from_noise")
    t, own_t = handed.start.t, run.start.t
    alpha_bar = float(run.schedule.alpha_bars[own_t]) if handed.start.alpha_bar is None else handed.start.alpha_bar
    return text(
        "reverse.from_here" if t == own_t else "reverse.from_here_mapped",
        t=t, own_t=own_t, alpha_bar=f"{alpha_bar:.3g}", name=run.schedule.name, T=run.schedule.T,
    )  # fmt: skip


def no_start() -> str:
    """Start from noise again."""
    return ""


def _settings(page: Page) -> None:
    def say(key: str) -> I18nData:
        return label(f"reverse.{key}")

    digits = [(say("label_all"), "all"), *((str(d), str(d)) for d in range(10)), (say("label_none"), "none")]
    page.control(
        "label",
        gr.Dropdown(digits, value=DEFAULT.label, label=say("label"), info=say("label_info"), allow_custom_value=True),
    )
    page.control(
        "sampler",
        gr.Dropdown(
            [(say(f"sampler_{name}"), name) for name in (*SAMPLERS, *FOREIGN)],
            value=DEFAULT.sampler, label=say("sampler"), info=say("sampler_info"), filterable=False,
        ),
    )  # fmt: skip
    page.control(
        "num_steps",
        Slider(
            1, 1000, buttons=[], value=DEFAULT.num_steps, step=1, label=say("num_steps"), info=say("num_steps_info")
        ),
    )
    page.control(
        "num_images",
        Slider(
            1,
            MAX_IMAGES,
            buttons=[],
            value=DEFAULT.num_images,
            step=1,
            label=say("num_images"),
            info=say("num_images_info"),
        ),
    )
    page.control(
        "guidance",
        Slider(0, 8, buttons=[], value=DEFAULT.guidance, step=0.1, label=say("guidance"), info=say("guidance_info")),
    )
    page.control("seed", Number(DEFAULT.seed, precision=0, label=say("seed"), info=say("seed_info"), maximum=MAX_SEED))
    with gr.Accordion(say("more"), open=False):
        page.control(
            "strength",
            Slider(
                0, 1, buttons=[], value=DEFAULT.strength, step=0.05, label=say("strength"), info=say("strength_info")
            ),
        )
        page.control("add_noise", gr.Checkbox(DEFAULT.add_noise, label=say("add_noise"), info=say("add_noise_info")))
        page.control("clip_x_0", gr.Checkbox(DEFAULT.clip_x_0, label=say("clip"), info=say("clip_info")))
        page.control(
            "spacing",
            gr.Radio(
                [(say(f"spacing_{name}"), name) for name in SPACINGS],
                value=DEFAULT.spacing, label=say("spacing"), info=say("spacing_info"),
            ),
        )  # fmt: skip
        page.control(
            "checkpoint",
            gr.Dropdown(
                shelf().names(), value=DEFAULT.checkpoint, label=say("checkpoint"), info=say("checkpoint_info"),
                allow_custom_value=True,
            ),
        )  # fmt: skip


def build(page: Page) -> None:
    """Player at the left, settings at the right."""
    gr.Markdown(label("reverse.lead"), elem_classes="ddpm-lead", latex_delimiters=LATEX)
    with gr.Row(elem_classes="ddpm-bar"):
        start_button = gr.Button(label("reverse.start"), variant="primary", elem_id="reverse-start", min_width=120)
        stop_button = gr.Button(label("reverse.stop"), elem_id="reverse-stop", min_width=90)
        gif = gr.Button(label("reverse.gif"), elem_id="reverse-gif", min_width=120)
        npz = gr.Button(label("reverse.npz"), elem_id="reverse-npz", min_width=120)
        line = gr.HTML(label("reverse.engine_reading"), elem_id="reverse-engine", html_template=STATUS_LINE)
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            player = canvas_component("player", None, elem_id="player")
            with gr.Row(elem_classes="ddpm-bar"):
                origin = gr.Markdown(label("reverse.from_noise"), elem_classes="ddpm-note", latex_delimiters=LATEX)
                from_noise = gr.Button(
                    label("reverse.forget_start"), size="sm", min_width=160, visible=False, elem_id="reverse-from-noise"
                )
        with gr.Column(scale=3, min_width=300, elem_classes="ddpm-settings"):
            _settings(page)
    loading_line(page.controls["checkpoint"], line)
    fit_settings(page.controls)
    gif_file = gr.DownloadButton(elem_id="gif-file", elem_classes="ddpm-offstage")
    npz_file = gr.DownloadButton(elem_id="npz-file", elem_classes="ddpm-offstage")

    inputs = [*(page.controls[name] for name in FIELDS), page.start]
    running = {
        "concurrency_limit": 2, "concurrency_id": "chain", "show_progress": "hidden", "api_visibility": "private",
        "trigger_mode": "multiple",
    }  # fmt: skip
    start_button.click(stream, inputs, player, **running)
    stop_button.click(stop, None, None, **HOT)
    player.missing(send_missing, None, player, **HOT)
    gif.click(save_gif, None, gif_file, api_visibility="private").success(None, None, None, js=clicked("gif-file"))
    npz.click(save_npz, None, npz_file, api_visibility="private").success(None, None, None, js=clicked("npz-file"))
    # "Denoise from here" fills page.start; the chain then starts by itself.
    shown = page.start.change(
        show_start, [page.start, page.controls["checkpoint"]],
        [origin, from_noise, page.tabs, page.controls["label"], page.start], **HOT,
    )  # fmt: skip
    page.start.change(None, page.start, None, js=REMEMBER)
    shown.then(stream_from_here, inputs, player, **running)
    from_noise.click(no_start, None, page.start, **HOT)
    page.demo.load(recorded, None, player, **HOT)
    page.arrivals.append((ARRIVE, stream_on_arrival, inputs, [player], running))
    page.demo.unload(forget)


def show_start(value: str, name: str) -> tuple[str | dict, dict, gr.Tabs | dict, str | dict, str | dict]:
    """What was handed over, or that nothing was.

    Returns:
        The line that says where the chain starts, the button that forgets it, this tab in front if something was
        just handed over, the class that suits it, and the hidden box: emptied if the checkpoint cannot take it.
    """
    try:
        handed = read_hand_over(value)
        run = Run(DEFAULT.with_(checkpoint=name), handed.start if handed else None)
    except ValueError as error:
        warn(error)
        return gr.skip(), gr.update(visible=False), gr.skip(), gr.skip(), ""
    front: gr.Tabs | dict = gr.skip()
    label: str | dict = gr.skip()
    if handed is not None and handed.label is not None:
        front, label = gr.Tabs(selected="reverse"), handed.label
    return start_line(run, handed), gr.update(visible=handed is not None), front, label, gr.skip()
