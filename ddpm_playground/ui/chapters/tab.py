"""Theory: the lecture's lines, each with a lever and with numbers that are computed now."""

import json
import time
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ...core.phrase import Refusal
from ...lecture.remembered import listening
from ...recipe import DEFAULT
from ..page.component import canvas_component
from ..page.page import Page
from ..page.story import story_line
from ..protocol.chapter_blocks import ChapterAnswer
from ..serving.failure import answering
from ..serving.owners import asking
from .chapter import Chapter
from .citations import cited
from .sessions import Sessions


def theory_value() -> str:
    """What theory.js starts from."""
    from . import CHAPTERS, PLACES  # here and below: with all that they compute with, once the tab is opened

    chapters = [chapter.described() | {"place": PLACES[name]._asdict()} for name, chapter in CHAPTERS.items()]
    return json.dumps({"chapters": chapters, "references": cited()})


def _chapter(asked: Mapping[str, Any]) -> Chapter:
    from . import CHAPTERS

    name = asked.get("chapter")
    if not isinstance(name, str) or name not in CHAPTERS:
        raise Refusal(
            "there is no chapter {name}; there are {known}", name=repr(str(name)[:40]), known=", ".join(CHAPTERS)
        )
    return CHAPTERS[name]


class Lecture:
    """The chapters' answers.

    Args:
        sessions: what they keep for their visitors.
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def compute(self, asked: Mapping[str, Any]) -> ChapterAnswer:
        """{"blocks", "answer", "because", "in_effect", "ms", "kept"} of {"chapter", "values"}; or {"problem"}.

        kept: how much was there from an earlier answer: "none", "some" or "all".
        """
        began, chapter = time.perf_counter(), _chapter(asked)
        values = chapter.read(asked.get("values"))
        with listening() as heard, self.sessions.held(asking(), chapter, values) as kept:
            shown = chapter.shown(values, kept)
        ms = 1000 * (time.perf_counter() - began)
        return {
            "blocks": shown.blocks,
            "answer": shown.answer,
            "because": shown.because,
            "in_effect": dict(shown.in_effect),
            "ms": ms,
            "kept": "none" if not heard.reused else "some" if heard.computed else "all",
        }


@answering
def drawer(asked: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """{"sources"} that a chapter runs; or {"problem"}."""
    return {"sources": _chapter(asked).drawer()}


def build(page: Page) -> None:
    """One component; what it asks of the server are the two functions above."""
    lecture = Lecture(Sessions())
    page.visitors.keep("chapters", lecture.sessions.owned)
    story_line("theory")
    canvas_component(
        "chapters/theory", f"{__name__}:theory_value", elem_id="theory", apply_default_css=False,
        server_functions=[answering(lecture.compute), drawer],
    )  # fmt: skip
    # These have no widget of their own: the address puts them here.
    page.control("chapter", gr.Textbox(DEFAULT.chapter, visible="hidden", elem_id="theory-chapter"))
    page.control("levers", gr.Textbox(DEFAULT.levers, visible="hidden", elem_id="theory-levers"))
