"""Theory: the lecture's lines, each with a lever and with numbers that are computed now."""

import json
import time
from typing import Any

import gradio as gr

from ...recipe import DEFAULT
from ...views.figures import plotly_script
from ..component import canvas_component
from ..katex import katex_files
from ..page import Page
from ..refusal import refusal
from ..text import label
from ..theory import CHAPTERS, Chapter


def theory_value() -> str:
    """What theory.js starts from."""
    chapters = [chapter.described() for chapter in CHAPTERS.values()]
    return json.dumps({"plotly": str(plotly_script()), "katex": katex_files(), "chapters": chapters})


def _chapter(asked: dict[str, Any]) -> Chapter:
    name = asked.get("chapter")
    if name not in CHAPTERS:
        raise ValueError(f"there is no chapter {str(name)[:40]!r}; there are {', '.join(CHAPTERS)}")
    return CHAPTERS[name]


def compute(asked: dict[str, Any]) -> dict[str, Any]:
    """{"blocks", "answer", "because", "in_effect", "ms"} of {"chapter", "values", "visitor"}; or {"problem"}."""
    began = time.perf_counter()
    try:
        chapter = _chapter(asked)
        shown = chapter.compute(chapter.read(asked.get("values")), str(asked.get("visitor", ""))[:64])
    except ValueError as error:
        return {"problem": refusal(error)}
    ms = 1000 * (time.perf_counter() - began)
    said = {"blocks": shown.blocks, "answer": shown.answer, "because": shown.because, "in_effect": shown.in_effect}
    return said | {"ms": ms}


def drawer(asked: dict[str, Any]) -> list[dict[str, str]]:
    """The sources that a chapter runs."""
    return _chapter(asked).drawer()


def build(page: Page) -> None:
    """One component; what it asks of the server are the two functions above."""
    gr.Markdown(label("theory.lead"), elem_classes="ddpm-lead")
    parts = ("line", "plotting", "blend", "katex", "blocks", "levers")
    canvas_component(
        "theory", theory_value(), parts, elem_id="theory", apply_default_css=False, server_functions=[compute, drawer]
    )
    # These have no widget of their own: the address puts them here.
    page.control("chapter", gr.Textbox(DEFAULT.chapter, visible="hidden", elem_id="theory-chapter"))
    page.control("levers", gr.Textbox(DEFAULT.levers, visible="hidden", elem_id="theory-levers"))
