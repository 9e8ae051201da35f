"""Lab: any schedule in, its curves and what is wrong with it, a curve to drag, and files out; and the cards below."""

import gradio as gr

from ...recipe import DEFAULT
from ..page.component import canvas_component
from ..page.page import Page
from ..page.story import story_line
from ..serving.deeds import Deeds, Limits
from ..serving.in_worker import in_worker
from ..serving.when_asked import when_asked

ROOM = "ddpm_playground.ui.lab"
EXAMINING = Limits(seconds=30, memory_mb=1024)
TRYING = Limits(seconds=300, memory_mb=3072)
AUDITING = Limits(seconds=20, memory_mb=1024)
CONSULTING = Limits(seconds=500, memory_mb=3072)


def build(page: Page) -> None:
    """Five components. What they ask is answered by modules that are imported then, mostly in a worker."""
    story_line("lab")
    examining = Deeds(page.visitors.line("examine", at_once=2, most_waiting=200), EXAMINING)
    verdicts = [in_worker(examining, f"{ROOM}.verdicts:{name}") for name in ("examine", "examine_edited")]
    canvas_component(
        "lab/lab", f"{ROOM}.verdicts:lab_value", elem_id="lab", apply_default_css=False,
        server_functions=[*verdicts, when_asked(f"{ROOM}.verdicts:export")],
    )  # fmt: skip
    trials = Deeds(page.visitors.line("trial", at_once=1, most_waiting=100), TRYING)
    canvas_component(
        "lab/trial", elem_id="trial", apply_default_css=False,
        server_functions=[in_worker(trials, f"{ROOM}.trial_card:run_trial")],
    )  # fmt: skip
    canvas_component(
        "lab/effects", f"{ROOM}.effects_card:effects_value", elem_id="effects", apply_default_css=False,
        server_functions=[when_asked(f"{ROOM}.effects_card:effects")],
    )  # fmt: skip
    auditing = Deeds(page.visitors.line("audit", at_once=1, most_waiting=100), AUDITING)
    canvas_component(
        "lab/audit", f"{ROOM}.audit_card:audit_value", elem_id="audit", apply_default_css=False,
        server_functions=[in_worker(auditing, f"{ROOM}.audit_card:{n}") for n in ("audit_scheduler", "class_names")],
    )  # fmt: skip
    consulting = Deeds(page.visitors.line("clinic", at_once=1, most_waiting=100), CONSULTING)
    looking = Deeds(page.visitors.line("clinic_takes", at_once=1, most_waiting=100), EXAMINING)
    canvas_component(
        "lab/clinic", f"{ROOM}.clinic_offer:clinic_value", elem_id="clinic", apply_default_css=False,
        server_functions=[in_worker(consulting, f"{ROOM}.clinic_card:consult"),
                          in_worker(looking, f"{ROOM}.clinic_card:network_takes")],
    )  # fmt: skip
    # These have no widget of their own: the address puts them here.
    page.control("lab", gr.Textbox(DEFAULT.lab, visible="hidden", elem_id="lab-text"))
    for name in ("lab_steps", "lab_trained", "lab_timesteps", "lab_sigmas"):
        box = gr.Textbox(getattr(DEFAULT, name), visible="hidden", elem_id=name.replace("_", "-"))
        page.control(name, box)
