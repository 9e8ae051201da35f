"""The quiet line that says what the engine is doing, until there is nothing left to wait for."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from ...bridge.all_samplers import OWN
from ...core import SAMPLERS
from ...engine.spaces import StepTime
from ...learn.checkpoints.store import Loading
from ...recipe import DEFAULT
from ...run import is_guided, last_step_time, shelf
from ..page.page import HOT, escaped
from ..serving.failure import on_screen
from ..words.refusal import refusal
from ..words.text import text

SECONDS_BETWEEN = 0.5
# What a chain's time depends on.
SETTINGS = ("num_images", "num_steps", "guidance", "sampler")
AS_TEXT = "(...values) => JSON.stringify(values)"


def stage_html(state: Loading, draws_otherwise: bool = False) -> str:
    """A stage in words, as HTML, and what was chosen, converted or assumed to get there.

    Args:
        state: the stage.
        draws_otherwise: whether the chosen sampler is none of the folder's own, and draws otherwise.
    """
    values = {"engine": state.engine, "described": refusal(state.described), "reason": refusal(state.reason)}
    told = [text(f"reverse.engine_{state.stage}", **values), *(refusal(one) for one in state.read_as)]
    if draws_otherwise:
        told.append(text("reverse.draws_otherwise"))
    return " · ".join(map(escaped, told))


def step_time(known: StepTime | None, num_images: int, num_steps: int, sampler: str) -> str:
    """How long a step takes here, as it was measured; and the chain, where a chain of as many pictures was measured.

    Neither one call nor fewer pictures tell: a call of one took 0.03 s where a step of sixteen takes 0.09 s.

    Args:
        known: what was measured.
        num_images: of how many pictures the network will be asked at each step.
        num_steps: S.
        sampler: its name.
    """
    if known is None:
        return text("reverse.step_unknown")
    told = {"s": f"{known.seconds:.2g}", "count": known.count}
    said = [text("reverse.step_in_chain" if known.in_chain else "reverse.step_alone", **told)]
    if sampler in SAMPLERS and known.in_chain and known.count == num_images:
        total = known.seconds * num_steps
        about = f"{max(total, 0.1):.2g}" if total < 100 else f"{total:,.0f}"
        said.append(text("reverse.step_total", steps=num_steps, count=num_images, s=about))
    return "".join(said)


@on_screen
def look(name: str | None, *settings: Any) -> tuple[str, str, gr.Timer]:
    """The line for a checkpoint, that on its time, and whether to look again; what is unread is read in the background.

    Args:
        name: of the checkpoint.
        settings: values of SETTINGS, which say how long a chain takes.
    """
    state = shelf().begin(name or "")
    told, otherwise = "", False
    if state.timed_as and settings:
        num_images, num_steps, guidance, sampler = settings
        checkpoint = shelf().load(str(name))
        otherwise = sampler != OWN and checkpoint.own.is_another
        recipe = DEFAULT.with_(guidance=guidance, num_images=num_images, num_steps=num_steps)
        if not checkpoint.is_planar:
            count = recipe.num_images * (2 if is_guided(recipe, checkpoint) else 1)
            known = last_step_time(state.timed_as, str(name))
            told = escaped(step_time(known, count, recipe.num_steps, str(sampler)))
    return stage_html(state, otherwise), told, gr.Timer(active=state.busy)


def wake() -> gr.Timer:
    """Look again: another checkpoint was chosen."""
    return gr.Timer(active=True)


def loading_line(controls: Mapping[str, Component], line: gr.HTML, time_line: gr.HTML) -> gr.Timer:
    """Keep both lines true of the checkpoint that is chosen; asks the server only while something is under way.

    Returns:
        The clock that looks again, whom `wake` wakes.
    """
    clock, checkpoint = gr.Timer(SECONDS_BETWEEN), controls["checkpoint"]
    inputs = [checkpoint, *(controls[name] for name in SETTINGS)]
    looked = clock.tick(look, inputs, [line, time_line, clock], **HOT)
    # An answer may be of what was chosen before, and it puts the clock to rest: what stands there by then is looked at.
    answered_for = gr.Textbox(visible="hidden")
    looked.then(None, inputs, answered_for, js=AS_TEXT)
    answered_for.change(wake, None, clock, **HOT)
    for control in inputs:
        control.change(wake, None, clock, **HOT)  # type: ignore[attr-defined]
    return clock
