"""The page: tabs, address, theme; and how it is served."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import gradio as gr
from gradio.components import Component
from starlette.middleware import Middleware

from ..recipe import DEFAULT, Recipe, recipe_from_query
from ..run import start_of
from ..views.figures import plotly_script
from ..views.theme import FONT, GROUND, INK, LINE, MONO, MUTED, PANEL, SYMBOLS, css_variables
from .component import canvas_component, styles
from .handover import HandOver
from .page import HOT, Page, Refresher, once_typed, warn
from .prelude import Prelude
from .refusal import refusal
from .tabs import forward, lab, reverse, schedule, theory, train
from .text import label, tables, text

HERE = Path(__file__).parent

# A tab is one file and one line here.
TABS: dict[str, Callable[[Page], None]] = {
    "schedule": schedule.build,
    "forward": forward.build,
    "reverse": reverse.build,
    "lab": lab.build,
    "theory": theory.build,
    "train": train.build,
}

SECONDS_KEPT = 3600
WARM_AFTER_S = 3.0  # the first page goes first: Python imports one thing at a time


def head() -> str:
    """What stands in the page's head: defaults, the address that remembers settings, and the components' styles."""
    defaults, schedules = json.dumps(asdict(DEFAULT)), json.dumps(schedule.facts())
    script = (HERE / "player" / "head.js").read_text(encoding="utf-8")
    facts = f"window.ddpmDefaults = {defaults}; window.ddpmSchedules = {schedules};"
    return f"<script>{facts}\n{script}</script><style>{styles()}</style>"


def css() -> str:
    """Variables of the theme and the page's own rules."""
    return css_variables() + (HERE / "page.css").read_text(encoding="utf-8")


def theme() -> gr.themes.Base:
    """System fonts, quiet grounds, one accent; colours come from CSS variables."""
    fonts, mono = ([name.strip(" '") for name in stack.split(",")] for stack in (FONT, MONO))
    grounds = {
        "body_background_fill": GROUND, "background_fill_primary": GROUND, "background_fill_secondary": PANEL,
        "block_background_fill": PANEL, "block_border_color": LINE, "border_color_primary": LINE,
        "input_background_fill": GROUND, "input_border_color": LINE, "body_text_color": INK,
        "block_label_text_color": INK, "block_title_text_color": INK, "block_info_text_color": MUTED,
        "body_text_color_subdued": MUTED,
        "button_primary_background_fill": SYMBOLS["x_0"], "button_primary_background_fill_hover": SYMBOLS["x_t"],
        "button_primary_text_color": GROUND, "button_secondary_background_fill": PANEL,
        "button_secondary_background_fill_hover": LINE, "button_secondary_text_color": INK,
        "slider_color": SYMBOLS["x_t"], "color_accent": SYMBOLS["x_t"], "link_text_color": SYMBOLS["x_0"],
        "checkbox_background_color_selected": SYMBOLS["x_t"], "checkbox_border_color_selected": SYMBOLS["x_t"],
    }  # fmt: skip
    colours = {name: colour.light for name, colour in grounds.items()}
    dark_only = {"color_accent"}
    colours |= {f"{name}_dark": colour.dark for name, colour in grounds.items() if name not in dark_only}
    base = gr.themes.Base(primary_hue="violet", neutral_hue="slate", font=fonts, font_mono=mono)
    return base.set(**colours, block_shadow="none", block_border_width="1px", block_radius="10px")


def build() -> gr.Blocks:
    """The page, ready to launch."""
    with gr.Blocks(title=text("app.title"), delete_cache=(600, SECONDS_KEPT), fill_width=True) as demo:
        canvas_component("header", None, elem_id="ddpm-header", apply_default_css=False)
        start = gr.Textbox(visible="hidden", elem_id="ddpm-start")
        with gr.Tabs(selected=DEFAULT.tab, elem_id="ddpm-tabs", overflow_behavior="wrap") as tabs:
            page = Page(start, demo, tabs)
            for name, build_tab in TABS.items():
                with gr.Tab(label(f"app.{name}"), id=name, elem_id=f"tab-{name}", render_children=True) as tab:
                    build_tab(page)
                tab.select(None, None, None, js=f"() => window.ddpmRemember('tab', '{name}')")
        _wire(page)
    return demo


def _wire(page: Page) -> None:
    """Load: widgets from the address, then every picture. Change: address and pictures of that widget."""
    names = list(page.controls)

    def restore(request: gr.Request) -> list[object]:
        recipe, problems = recipe_from_query(dict(request.query_params))
        if problems:
            warn(text("app.problem", problems="; ".join(map(refusal, problems))))
        values: dict[Component, object] = {page.controls[name]: getattr(recipe, name) for name in names}
        start = start_of(recipe) if recipe.from_forward else None
        values[page.start] = HandOver(start, True).text() if start else gr.skip()
        for refresher in page.refreshers:
            values |= dict(zip(refresher.outputs, _drawn(refresher, recipe), strict=True))
        return list(values.values())

    drawn = dict.fromkeys(output for refresher in page.refreshers for output in refresher.outputs)
    outputs = [*(page.controls[name] for name in names), page.start, *drawn]
    loaded = page.demo.load(restore, None, outputs, **HOT)
    restored = f"(...values) => window.ddpmRestored({json.dumps(names)}, values)"
    loaded.then(None, list(page.controls.values()), None, js=restored)
    for script, fn, inputs, outputs, options in page.arrivals:
        loaded.then(None, None, None, js=script).then(fn, inputs, outputs, **options)
    for name, widget in page.controls.items():
        widget.change(None, widget, None, js=f"(value) => window.ddpmRemember('{name}', value)")
    for fn, wanted, outputs, states in page.refreshers:
        widgets = [page.controls[name] for name in wanted]
        waiting = once_typed(fn, len(widgets), len(outputs))
        gr.on([widget.change for widget in widgets], waiting, [*widgets, *states], list(outputs), **HOT)


def _drawn(refresher: Refresher, recipe: Recipe) -> Sequence[object]:
    """What a refresher draws for a recipe, one value for each output; nothing new where it cannot."""
    try:
        states = [None] * len(refresher.states)
        result = refresher.fn(*(getattr(recipe, name) for name in refresher.fields), *states)
    except gr.Error as error:
        gr.Warning(error.message)  # escaped by `told` already
        return [gr.skip()] * len(refresher.outputs)
    return result if len(refresher.outputs) > 1 else [result]


def warm() -> None:
    """Load the network, so that the first Start need not wait; a page that is there sooner begins that itself."""
    from ..run import Run

    try:
        next(iter(Run(DEFAULT)))
    except ValueError as error:
        print(f"ddpm_playground: {error}")


def launch(demo: gr.Blocks) -> None:
    """Serve on 127.0.0.1:7860, or where GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say."""
    gr.set_static_paths(plotly_script())
    warming = threading.Timer(WARM_AFTER_S, warm)
    warming.daemon = True
    warming.start()
    language = (HERE / "player" / "language.js").read_text(encoding="utf-8")
    demo.queue(max_size=100, default_concurrency_limit=8).launch(
        theme=theme(),
        css=css(),
        head=head(),
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        max_file_size="64mb",
        ssr_mode=False,
        i18n=gr.I18n(**tables()),
        app_kwargs={"middleware": [Middleware(Prelude, script=language)]},
    )
