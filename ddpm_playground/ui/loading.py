"""The quiet line that says what the engine is doing, until there is nothing left to wait for."""

import gradio as gr
from gradio.components import Component

from ..learn.shelf import Loading
from ..run import shelf
from .page import HOT, plain
from .refusal import refusal
from .text import text

SECONDS_BETWEEN = 0.5


def said(state: Loading) -> str:
    """A stage in words, as HTML."""
    values = {"engine": state.engine, "described": state.described, "reason": refusal(state.reason)}
    return plain(text(f"reverse.engine_{state.stage}", **values))


def look(name: str | None) -> tuple[str, gr.Timer]:
    """The line for a checkpoint, and whether to look again; what nobody has asked for yet is read in the background."""
    state = shelf().begin(name or "")
    return said(state), gr.Timer(active=state.busy)


def wake() -> gr.Timer:
    """Look again: another checkpoint was chosen."""
    return gr.Timer(active=True)


def loading_line(checkpoint: Component, line: gr.HTML) -> None:
    """Keep `line` true of the checkpoint that `checkpoint` names; asks the server only while something is under way."""
    clock = gr.Timer(SECONDS_BETWEEN)
    clock.tick(look, checkpoint, [line, clock], **HOT)
    checkpoint.change(wake, None, clock, **HOT)  # type: ignore[attr-defined]
