"""Train: Algorithm 1 running in the page, on points in the plane or on digits."""

import atexit
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ...core import SCHEDULES
from ...learn.live_store import LiveStore
from ...learn.planar import MAX_DRAWN, PLANAR_SETS, REACH
from ...recipe import DEFAULT
from ...run import shelf
from ...views.figures import plotly_script
from ...views.train import train_figures
from ..component import canvas_component, packed
from ..page import HOT, Page, clicked, told
from ..refusal import refusal
from ..stream import unread_by
from ..text import label
from ..train import DATA, Lives, T, act, messages, planar_points

# Runs and what was saved of them go with the process.
LIVES, STORE = Lives(), LiveStore(Path(tempfile.gettempdir()) / f"ddpm-trained-{os.getpid()}")
atexit.register(LIVES.end_all)
atexit.register(STORE.clear)
SHOWN_POINTS, LEARNING_RATE, MOST_UNREAD = 700, 2e-3, 8
ASKED = ("data", "schedule", "learning_rate", "seed", "points")


def train_value() -> str:
    """What train.js starts from."""
    sets = {name: packed(planar_points(name, {}, 0)[:SHOWN_POINTS]) for name in PLANAR_SETS}
    value = {
        "plotly": str(plotly_script()), "figures": train_figures(), "data": DATA, "sets": sets, "T": T, "reach": REACH,
        "schedules": list(SCHEDULES), "learning_rate": LEARNING_RATE, "most_drawn": MAX_DRAWN,
    }  # fmt: skip
    return json.dumps(value)


def _visitor(event: gr.EventData) -> str:
    return str(getattr(event, "visitor", ""))[:64]


def begin(event: gr.EventData, request: gr.Request) -> Iterator[str]:
    """A new run for this page, and what it says until it ends; it ends with the page."""
    owner, name = _visitor(event), {"visitor": _visitor(event), "run": getattr(event, "run", 0)}
    waiting = unread_by(request)
    try:
        live = LIVES.begin(owner, {key: getattr(event, key, None) for key in ASKED})
    except ValueError as error:
        yield json.dumps({**name, "state": "failed", "step": 0, "problem": refusal(error)})
        return
    try:
        live.look_at(min(max(1, int(getattr(event, "t", 0) or 1)), live.schedule.T))
        act(live, str(getattr(event, "then", "pause")), None)
        yield from messages(live, name, lambda: waiting() < MOST_UNREAD)
    finally:
        LIVES.end(owner, live)


def do(asked: dict[str, Any]) -> dict[str, Any]:
    """{} once {"visitor", "what", "value"} is done; or {"problem"}."""
    owner, what = str(asked.get("visitor", ""))[:64], str(asked.get("what", ""))
    if what == "end":
        LIVES.end(owner)
        return {}
    try:
        act(LIVES.of(owner), what, asked.get("value"))
    except (ValueError, TypeError) as error:
        return {"problem": refusal(error)}
    return {}


def _saved(event: gr.EventData) -> Path:
    owner = _visitor(event)
    live = LIVES.of(owner)
    data = re.sub(r"[^a-z]+", "-", live.task.name.lower())
    return STORE.save(live, f"trained-{data}-{live.progress.step}-steps-{owner[-6:]}")


def download(event: gr.EventData) -> str:
    """The run as it stands, as a zip file; returns its path."""
    try:
        return str(STORE.zipped(_saved(event), Path(tempfile.mkdtemp(prefix="ddpm-"))))
    except ValueError as error:
        raise told(error) from None


def keep(event: gr.EventData, num_steps: object) -> tuple[str, str, float, str, gr.Tabs]:
    """The run as a checkpoint of the Reverse tab.

    Returns:
        Its name, a class and a number of steps that it has, no picture to start from, and that tab in front.
    """
    try:
        folder = _saved(event)
        shelf().also_below(STORE.root)
        T = shelf().load(folder.name).schedule.T
    except ValueError as error:
        raise told(error) from None
    steps = min(T, num_steps) if isinstance(num_steps, (int, float)) else T
    return folder.name, "all", steps, "", gr.Tabs(selected="reverse")


def build(page: Page) -> None:
    """One component; a run streams into it, and what it asks between is a server function."""
    gr.Markdown(label("train.lead"), elem_classes="ddpm-lead")
    parts = ("line", "plotting", "blend")
    trainer = canvas_component(
        "train", train_value(), parts, elem_id="train", apply_default_css=False, server_functions=[do]
    )
    # It has no widget of its own: the address puts it here.
    page.control("train", gr.Textbox(DEFAULT.train, visible="hidden", elem_id="train-settings"))
    file = gr.DownloadButton(elem_id="trained-file", elem_classes="ddpm-offstage")
    quiet: dict[str, Any] = HOT | {"trigger_mode": "multiple"}
    trainer.begin(begin, None, trainer, concurrency_limit=6, concurrency_id="train", **quiet)
    trainer.download(download, None, file, **quiet).success(None, None, None, js=clicked("trained-file"))
    chosen = [page.controls[name] for name in ("checkpoint", "label", "num_steps")]
    kept = trainer.keep(keep, page.controls["num_steps"], [*chosen, page.start, page.tabs], **quiet)
    kept.success(None, None, None, js=clicked("reverse-start"))
