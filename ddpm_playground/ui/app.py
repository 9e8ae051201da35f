"""The page: tabs, address, theme; and how it is served."""

import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module

import gradio as gr
from anyio import CapacityLimiter
from gradio.components import Component
from starlette.middleware import Middleware

from ..learn import imports
from ..recipe import DEFAULT, Recipe, recipe_from_query
from ..run import shelf, start_of
from ..tabs import TABS
from ..views.figures import plotly_script
from ..views.theme import FONT, GROUND, INK, LINE, MONO, MUTED, PANEL, SYMBOLS, css_variables
from .chapters.katex_files import katex_files
from .page.component import canvas_component, in_browser
from .page.handover import HandOver
from .page.page import HOT, Page, Refresher, once_typed, show_warning
from .page.prelude import web_middleware
from .programs.mcp_door import speak_json, wants_mcp
from .programs.offering import offer
from .protocol.page_messages import Facts
from .schedule import tab as schedule
from .serving.address import address_or_exit
from .serving.compressed import Compressed
from .serving.deeds import WORKERS
from .serving.door import Door
from .serving.failure import on_screen, reason
from .serving.files import FILES
from .serving.hosts import Hosts
from .serving.visitors import Visitors
from .serving.web import FOLDER
from .words.refusal import refusal
from .words.text import label, text

PACKAGE = "ddpm_playground"

SECONDS_KEPT = 3600
MOST_EVENTS = 800  # under way at once; nearly all of them wait for their turn, without a thread
LIGHT_THREADS = 40
WARM_AFTER_S = 3.0  # the first page goes first: Python imports one thing at a time
# What tabs are answered with, imported when it is first asked for or warmed.
ANSWERING = ("ui.chapters.all_chapters", "ui.lab.verdicts", "ui.lab.effects_card", "ui.lab.audit_card")


def facts() -> Facts:
    """What the page knows from the start: every setting's default, the schedules, and where its libraries are."""
    return {
        "defaults": asdict(DEFAULT),
        "schedules": schedule.facts(),
        "plotly": str(plotly_script()),
        "katex": katex_files(),
        "rooms": {name: f".{tab.module}".split(".")[-2] for name, tab in TABS.items()},
    }


def css() -> str:
    """Variables of the theme, the page's own rules, and the look of Gradio's widgets."""
    own = [(FOLDER / "page" / f"{name}.css").read_text(encoding="utf-8") for name in ("page", "bar", "gradio")]
    return "".join([css_variables(), *own])


def theme() -> gr.themes.Base:
    """System fonts, quiet grounds, one accent; colours come from CSS variables."""
    fonts, mono = ([name.strip(" '") for name in stack.split(",")] for stack in (FONT, MONO))
    grounds = {
        "body_background_fill": GROUND, "background_fill_primary": GROUND, "background_fill_secondary": PANEL,
        "block_background_fill": PANEL, "block_border_color": LINE, "border_color_primary": LINE,
        "input_background_fill": GROUND, "input_border_color": LINE, "body_text_color": INK,
        "block_label_text_color": INK, "block_title_text_color": INK, "block_info_text_color": MUTED,
        "body_text_color_subdued": MUTED,
        "button_primary_background_fill": SYMBOLS["x_t"], "button_primary_background_fill_hover": SYMBOLS["x_t"],
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


def build(visitors: Visitors | None = None) -> gr.Blocks:
    """The page, ready to launch.

    Args:
        visitors: what the server keeps for those who look at it; by default nothing yet.
    """
    FILES.hold_gradios()
    with gr.Blocks(title=text("app.title"), delete_cache=(600, SECONDS_KEPT), fill_width=True) as demo:
        canvas_component("header/header", elem_id="ddpm-header", apply_default_css=False)
        start = gr.Textbox(visible="hidden", elem_id="ddpm-start")
        with gr.Tabs(selected=DEFAULT.tab, elem_id="ddpm-tabs", overflow_behavior="wrap") as tabs:
            page = Page(start, demo, tabs, visitors=visitors or Visitors())
            for name, tab in TABS.items():
                with gr.Tab(label(f"app.{name}"), id=name, elem_id=f"tab-{name}", render_children=True) as shown:
                    import_module(f"{PACKAGE}.{tab.module}").build(page)
                shown.select(None, None, None, js=in_browser("page/settings.js", f"remember('tab', '{name}')"))
        _wire(page)

        def leave(request: gr.Request) -> None:
            page.visitors.leave(str(request.session_hash))

        demo.unload(leave)
    offer(demo, page.visitors)
    return demo


def _wire(page: Page) -> None:
    """Load: widgets from the address, then every picture. Change: address and pictures of that widget."""
    names = list(page.controls)

    @on_screen
    def restore(request: gr.Request) -> list[object]:
        recipe, refused = recipe_from_query(dict(request.query_params))
        problems, start = [*map(refusal, refused)], None
        try:
            start = start_of(recipe) if recipe.from_forward else None
        except Exception as error:  # the rest of the address is shown all the same
            recipe = recipe.with_(from_forward=False)
            problems.append(reason(error, "restore"))
        if problems:
            show_warning(text("app.problem", problems="; ".join(problems)))
        values: dict[Component, object] = {page.controls[name]: getattr(recipe, name) for name in names}
        values[page.start] = HandOver(start, True).text() if start else gr.skip()
        for refresher in page.refreshers:
            values |= dict(zip(refresher.outputs, _drawn(refresher, recipe), strict=True))
        return list(values.values())

    drawn = dict.fromkeys(output for refresher in page.refreshers for output in refresher.outputs)
    outputs = [*(page.controls[name] for name in names), page.start, *drawn]
    loaded = page.demo.load(restore, None, outputs, **HOT)
    restored = in_browser("page/settings.js", f"restored({json.dumps(names)}, values)", "...values")
    loaded.then(None, list(page.controls.values()), None, js=restored)
    for script, fn, inputs, outputs, options in page.arrivals:
        loaded.then(None, None, None, js=script).then(fn, inputs, outputs, **options)
    for name, widget in page.controls.items():
        widget.change(None, widget, None, js=in_browser("page/settings.js", f"remember('{name}', value)", "value"))
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
        gr.Warning(error.message)  # escaped already
        return [gr.skip()] * len(refresher.outputs)
    return result if len(refresher.outputs) > 1 else [result]


def warm() -> None:
    """Once the first page is out: the worker processes, what the tabs are answered with, and the network, so that the
    first of each need not wait; a page that is there sooner begins that itself."""
    WORKERS.start()
    from ..run import Run

    try:
        next(iter(Run(DEFAULT)))
    except ValueError as error:
        print(f"ddpm_playground: {error}")
    for module in ANSWERING:
        with imports.IMPORTING:
            import_module(f"{PACKAGE}.{module}")


def launch(demo: gr.Blocks) -> None:
    """Serve on 127.0.0.1:7860, or where GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say."""
    host, port = address_or_exit()
    wants_mcp()
    for complaint in shelf().complaints():
        print(f"ddpm_playground: {complaint}", file=sys.stderr)
    gr.set_static_paths(plotly_script())
    warming = threading.Timer(WARM_AFTER_S, warm)
    warming.daemon = True
    warming.start()
    # Heavy deeds take turns of their own (serving.turns) and hold no thread while they wait, so no limit counts them
    # together with light ones; what one visitor may have waiting, the door limits.
    door = {"demo": lambda: demo, "hosts": Hosts.of_environment()}
    demo.queue(max_size=None, default_concurrency_limit=8).launch(
        server_name=host,
        server_port=port,
        max_threads=MOST_EVENTS,
        theme=theme(),
        css=css(),
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        max_file_size="64mb",
        ssr_mode=False,
        mcp_server=wants_mcp(),
        app_kwargs={"middleware": [Middleware(Door, **door), Middleware(Compressed), *web_middleware(facts())]},
        prevent_thread_lock=True,
    )
    speak_json(demo)
    demo.limiter = CapacityLimiter(LIGHT_THREADS)  # else as many threads as events
    sys.stdout.flush()  # the address, where stdout is a file or a container's log
    demo.block_thread()
