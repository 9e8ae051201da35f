"""Experiments: runs beside each other, branches of one, pictures of one's own, samples beside the data."""

from functools import partial

import gradio as gr

from ...recipe import DEFAULT
from ..page.component import canvas_component
from ..page.page import Page
from ..page.story import story_line
from ..serving.deeds import Deeds, Limits
from ..serving.in_worker import in_worker
from ..serving.when_asked import when_asked
from .comparisons import build_comparisons
from .kept_results import KeptResults

ROOM = "ddpm_playground.ui.experiments"
LIMITS = Limits(seconds=300, memory_mb=3072)
# A card whose work is done by a worker process is one row: its component, its module, and what it may ask for.
CARDS = {
    "branch": ("branch_card", ("run_branches",)),
    "own_picture": ("own_picture_card", ("run_deed",)),
    "nearest": ("nearest_card", ("run_nearest",)),
}
SETTINGS = ("experiment", "columns", "branch", "own_picture", "nearest")


def build(page: Page) -> None:
    """The cards, one of which is open; a comparison streams, the others' work is done by workers, one at a time."""
    story_line("experiments")
    canvas_component("experiments/chooser", elem_id="experiments-chooser", apply_default_css=False)
    build_comparisons(page)
    deeds = Deeds(page.visitors.line("experiment", at_once=1, most_waiting=100), LIMITS)
    results = KeptResults(page)
    for name, (module, functions) in CARDS.items():
        card = canvas_component(
            f"experiments/{name}", f"{ROOM}.{module}:{name}_value", elem_id=f"experiments-{name}",
            apply_default_css=False,
            server_functions=[
                *(in_worker(deeds, f"{ROOM}.{module}:{task}", partial(results.keep, name)) for task in functions),
                when_asked(f"{ROOM}.asking:facts_of"),
            ],
        )  # fmt: skip
        results.listen(card)
    canvas_component("experiments/wall", elem_id="experiments-wall", apply_default_css=False)
    # These have no widget of their own: the address puts them here.
    for name in SETTINGS:
        box = gr.Textbox(getattr(DEFAULT, name), visible="hidden", elem_id=name.replace("_", "-"))
        page.control(name, box)
