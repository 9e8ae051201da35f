"""The page: which widget shows which setting, and what is redrawn when one of them moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gradio as gr
from gradio.components import Component

# Events of sliders and boxes: no spinner, not in the API, the newest value wins.
HOT = {"show_progress": "hidden", "api_visibility": "private", "queue": False, "trigger_mode": "always_last"}

# Formulas in Markdown stand between single dollars.
LATEX = [{"left": "$", "right": "$", "display": False}]


@dataclass
class Page:
    """What the tabs share while they are built.

    Attributes:
        demo: the whole page, for load and unload events.
        tabs: the row of tabs, to bring one to the front.
        controls: recipe field → its widget.
        refreshers: (fn, fields, outputs): fn(*values of fields) → outputs, on load and on change of a field.
        arrivals: (js, fn, inputs, outputs, options): once the address's settings are in the widgets, wait for
            the promise that js makes, then call fn.
        start: hidden text, JSON {"t", "shape": [C,H,W], "x_t": base64 float32} from Forward's "denoise from
            here"; the Reverse tab starts from it when it changes.
    """

    start: Component
    demo: gr.Blocks
    tabs: gr.Tabs
    controls: dict[str, Component] = field(default_factory=dict)
    refreshers: list[tuple[Callable, Sequence[str], Sequence[Component]]] = field(default_factory=list)
    arrivals: list[tuple[str, Callable, Sequence[Component], Sequence[Component], dict]] = field(default_factory=list)

    def control(self, name: str, component: Component) -> Component:
        """Register the widget of a recipe field."""
        self.controls[name] = component
        return component

    def refresh(self, fn: Callable, fields: Sequence[str], outputs: Sequence[Component]) -> None:
        """Call fn(*values of the recipe fields) on page load and whenever one of them changes.

        An output belongs to one refresher: of two updates in one answer the browser keeps the last.
        """
        taken = {id(output) for _, _, others in self.refreshers for output in others}
        assert taken.isdisjoint(map(id, outputs)), "an output that another refresher fills"
        self.refreshers.append((fn, fields, outputs))


def told(error: ValueError) -> gr.Error:
    """The one place where an error becomes a message on screen."""
    return gr.Error(str(error), duration=12, print_exception=False)
