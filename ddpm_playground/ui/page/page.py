"""The page: which widget shows which setting, and what is redrawn when one of them moves."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple

import gradio as gr
from gradio.components import Component

from ..serving.exports import Exports
from ..serving.visitors import Visitors
from ..words.refusal import refusal

# Events of sliders and boxes: no spinner, not in the API, the newest value wins. They go through the queue, since
# without it an error is an HTTP 500 that no message on screen follows.
HOT: dict[str, Any] = {
    "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "always_last"
}  # fmt: skip

# Formulas in Markdown stand between single dollars.
LATEX = [{"left": "$", "right": "$", "display": False}]


class Refresher(NamedTuple):
    """fn(*values of fields, *states) → outputs, on load and whenever a field changes."""

    fn: Callable
    fields: tuple[str, ...]
    outputs: tuple[Component, ...]
    states: tuple[Component, ...]


@dataclass
class Page:
    """What the tabs share while they are built.

    Attributes:
        demo: the whole page, for load and unload events.
        tabs: the row of tabs, to bring one to the front.
        controls: recipe field → its widget.
        refreshers: what is redrawn when a recipe field changes.
        arrivals: (js, fn, inputs, outputs, options): once the address's settings are in the widgets, wait for
            the promise that js makes, then call fn.
        start: hidden text, JSON {"t", "shape": [C,H,W], "x_t": base64 float32} from Forward's "denoise from
            here"; the Reverse tab starts from it when it changes.
        visitors: what the server keeps for whoever looks at the page.
        exports: the files that they ask for.
    """

    start: gr.Textbox
    demo: gr.Blocks
    tabs: gr.Tabs
    controls: dict[str, Any] = field(default_factory=dict)
    refreshers: list[Refresher] = field(default_factory=list)
    arrivals: list[tuple[str, Callable, Sequence[Component], Sequence[Component], dict]] = field(default_factory=list)
    visitors: Visitors = field(default_factory=Visitors)
    exports: Exports = field(init=False)

    def __post_init__(self) -> None:
        self.exports = Exports(self.visitors)

    def control(self, name: str, component: Any) -> Any:
        """Register the widget of a recipe field."""
        self.controls[name] = component
        return component

    def refresh(
        self, fn: Callable, fields: Sequence[str], outputs: Sequence[Component], states: Sequence[Component] = ()
    ) -> None:
        """Call fn(*values of the recipe fields) on page load and whenever one of them changes.

        Args:
            fn: takes the values, then those of `states`.
            fields: names of recipe fields.
            outputs: what fn fills.
            states: what else fn takes; None each on page load.
        """
        self.refreshers.append(Refresher(fn, tuple(fields), tuple(outputs), tuple(states)))


def as_gr_error(error: ValueError) -> gr.Error:
    """The one place where an error becomes a message on screen."""
    return gr.Error(escaped(error), duration=12, print_exception=False)


def show_warning(said: object) -> None:
    """The one place where a warning reaches the screen."""
    gr.Warning(escaped(said), duration=12)


def escaped(said: object) -> str:
    """Text for a message: Gradio would take what looks like HTML for HTML, and it may come from a link."""
    return html.escape(refusal(said), quote=False)


def once_typed(fn: Callable, count: int, num_outputs: int) -> Callable:
    """fn, which changes nothing while one of its first `count` values is an empty box."""

    @wraps(fn)
    def waiting(*values: object) -> object:
        if any(value is None for value in values[:count]):
            return gr.skip() if num_outputs == 1 else [gr.skip()] * num_outputs
        return fn(*values)

    return waiting


def clicked(element_id: str) -> str:
    """JavaScript that clicks a hidden download button once its file has arrived."""
    found = f"document.querySelector('#{element_id} a, a#{element_id}, #{element_id}')"
    return f"() => setTimeout(() => {found}?.click(), 150)"
