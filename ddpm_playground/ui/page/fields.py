"""Boxes for numbers that leave it to the recipe to judge what was typed, so that one place says what is wrong."""

import gradio as gr


class Slider(gr.Slider):
    """A slider whose box may be empty or out of range while one types."""

    is_template = True  # in the browser it is a gr.Slider

    def preprocess(self, payload: float | None) -> float | None:  # type: ignore[override]
        """What was typed, as it is."""
        return payload


class Number(gr.Number):
    """A box that may be empty or hold a fraction while one types."""

    is_template = True  # in the browser it is a gr.Number

    def preprocess(self, payload: float | None) -> float | int | None:
        """What was typed, as it is."""
        return payload
