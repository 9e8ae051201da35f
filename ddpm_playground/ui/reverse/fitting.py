"""Settings of a chain that follow from the checkpoint that is chosen, or from its sampler."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import gradio as gr
from gradio.components import Component

from ...bridge.all_samplers import ALL_SAMPLERS, NAMED, OWN
from ...recipe import DEFAULT
from ...run import shelf
from ..page.page import HOT
from ..serving.failure import on_screen
from ..words.text import text

if TYPE_CHECKING:
    from ...learn.checkpoints.checkpoint import Checkpoint

FITTED = ("num_steps", "label", "guidance", "clip_x_0")
OF_RULES = (
    "strength",
    "add_noise",
    "spacing",
    "clip_x_0",
)  # what a scheduler of diffusers takes from its config instead


def class_choices(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    """Title and value of each class that the checkpoint itself has, by number and, where it has one, by name."""
    names = enumerate(checkpoint.class_names)
    classes = [(name if name == str(i) else f"{i} · {name}", str(i)) for i, name in names]
    none = [(text("reverse.label_none"), "none")] if checkpoint.has_null_class else []
    return [(text("reverse.label_all"), "all"), *classes, *none]


@on_screen
def fitted(name: str, label: str, sampler: str) -> list[dict]:
    """What suits a checkpoint: at most T steps, guidance if it has classes, clipping if it makes pictures, its classes.

    Args:
        name: of the checkpoint.
        label: the class that was chosen before; kept where there is such a class.
        sampler: its name.
    """
    try:
        checkpoint = shelf().load(name)
    except ValueError:
        return [gr.skip()] * len(FITTED)  # the line that says how far a checkpoint is says why
    classes, clips = bool(checkpoint.class_names), sampler in ALL_SAMPLERS and checkpoint.is_bounded
    guided = classes and checkpoint.has_null_class
    visible = [gr.update(visible=yes) for yes in (classes, guided, clips)]
    offered = class_choices(checkpoint)
    kept = label if label in [value for _, value in offered] else DEFAULT.label
    visible[0] = gr.update(visible=classes, choices=offered, value=kept)
    return [gr.update(maximum=checkpoint.schedule.T), *visible]


@on_screen
def own_first(name: str, sampler: str) -> list[dict]:
    """The sampler and S that a checkpoint starts with when a visitor chooses it: a stranger's, its own.

    Args:
        name: of the checkpoint.
        sampler: what was chosen before; kept where the network was trained here, but for another one's own.
    """
    try:
        own = shelf().load(name).own
    except ValueError:
        return [gr.skip(), gr.skip()]
    if not own.is_here:
        return [gr.update(value=OWN), gr.update(value=own.num_steps)]
    if sampler != OWN:
        return [gr.skip(), gr.skip()]
    return [gr.update(value=DEFAULT.sampler), gr.update(value=min(DEFAULT.num_steps, own.num_steps))]


def sampler_told(name: str, sampler: str) -> str:
    """What stands beneath a sampler's name: a scheduler of diffusers by its whole name, for which the box has no room.

    Args:
        name: of the checkpoint.
        sampler: its name.
    """
    if sampler in ALL_SAMPLERS or sampler not in NAMED:
        return text("reverse.sampler_info")
    if sampler != OWN:
        return text("reverse.sampler_of_class", name=sampler)
    try:
        own = shelf().load(name).own
    except ValueError:
        return text("reverse.sampler_info")
    return text("reverse.sampler_own_is", own=own.described(), steps=own.num_steps)


@on_screen
def settings_of_rules(sampler: str, name: str) -> list[dict]:
    """What only the samplers here are told is hidden where a scheduler of diffusers says it by its config; and
    what the sampler is.

    Args:
        sampler: its name.
        name: of the checkpoint; one of points in the plane, or of latents, is never clipped.
    """
    ours = sampler in ALL_SAMPLERS
    try:
        clips = ours and shelf().load(name).is_bounded
    except ValueError:
        clips = ours
    rules = [gr.update(visible=clips if setting == "clip_x_0" else ours) for setting in OF_RULES]
    return [*rules, gr.update(info=sampler_told(name, sampler))]


def fit_settings(controls: Mapping[str, Component]) -> None:
    """Keep them fitting whenever another checkpoint or sampler is chosen.

    A link that names a checkpoint and its sampler is left as it is: only a visitor's own choice begins with its own.
    """
    checkpoint, sampler = controls["checkpoint"], controls["sampler"]
    chosen = [checkpoint, controls["label"], sampler]
    checkpoint.change(fitted, chosen, [controls[name] for name in FITTED], **HOT)  # type: ignore[attr-defined]
    started = [sampler, controls["num_steps"]]
    checkpoint.input(own_first, [checkpoint, sampler], started, **HOT)  # type: ignore[attr-defined]
    told = [*(controls[name] for name in OF_RULES), sampler]
    gr.on([sampler.change, checkpoint.change], settings_of_rules, [sampler, checkpoint], told, **HOT)  # type: ignore[attr-defined]
