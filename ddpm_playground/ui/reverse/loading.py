"""The quiet line that says what the engine is doing, until there is nothing left to wait for."""

import gradio as gr
from gradio.components import Component

from ...learn.checkpoints.store import Loading
from ...run import shelf
from ..page.page import HOT, escaped
from ..serving.failure import on_screen
from ..words.refusal import refusal
from ..words.text import text

SECONDS_BETWEEN = 0.5


def stage_html(state: Loading) -> str:
    """A stage in words, as HTML, and what was chosen, converted or assumed to get there."""
    values = {"engine": state.engine, "described": refusal(state.described), "reason": refusal(state.reason)}
    told = [text(f"reverse.engine_{state.stage}", **values), *(refusal(one) for one in state.read_as)]
    return " · ".join(map(escaped, told))


@on_screen
def look(name: str | None) -> tuple[str, gr.Timer]:
    """The line for a checkpoint, and whether to look again; what nobody has asked for yet is read in the background."""
    state = shelf().begin(name or "")
    return stage_html(state), gr.Timer(active=state.busy)


def wake() -> gr.Timer:
    """Look again: another checkpoint was chosen."""
    return gr.Timer(active=True)


def loading_line(checkpoint: Component, line: gr.HTML) -> None:
    """Keep `line` true of the checkpoint that `checkpoint` names; asks the server only while something is under way."""
    clock = gr.Timer(SECONDS_BETWEEN)
    clock.tick(look, checkpoint, [line, clock], **HOT)
    checkpoint.change(wake, None, clock, **HOT)  # type: ignore[attr-defined]
