"""Settings of a chain that follow from the checkpoint that is chosen."""

from collections.abc import Mapping

import gradio as gr
from gradio.components import Component

from ...run import shelf
from ..page.page import HOT
from ..serving.failure import on_screen

FITTED = ("num_steps", "label", "guidance", "clip_x_0")


@on_screen
def fitted(name: str) -> list[dict]:
    """What suits a checkpoint: at most T steps, class and guidance if it has classes, clipping if it makes pictures."""
    try:
        checkpoint = shelf().load(name)
    except ValueError:
        return [gr.skip()] * len(FITTED)  # the line that says how far a checkpoint is says why
    classes, planar = bool(checkpoint.class_names), checkpoint.is_planar
    guided = classes and checkpoint.has_null_class
    visible = [gr.update(visible=yes) for yes in (classes, guided, not planar)]
    return [gr.update(maximum=checkpoint.schedule.T), *visible]


def fit_settings(controls: Mapping[str, Component]) -> None:
    """Keep them fitting whenever another checkpoint is chosen."""
    checkpoint = controls["checkpoint"]
    checkpoint.change(fitted, checkpoint, [controls[name] for name in FITTED], **HOT)  # type: ignore[attr-defined]
