"""The line above a tab's pictures: what is seen here, in one sentence, and the way on to the next tab."""

import gradio as gr

from ...tabs import TABS
from ..words.text import label
from .component import in_browser
from .page import LATEX


def story_line(name: str) -> None:
    """Put the line of the tab of that name where the page is being built; its sentence is the text "<name>.lead"."""
    names = list(TABS)
    following = names[names.index(name) + 1 :][:1]
    with gr.Row(elem_classes="ddpm-story", equal_height=False):
        gr.Markdown(label(f"{name}.lead"), elem_classes="ddpm-lead", latex_delimiters=LATEX)
        for other in following:
            onward = gr.Button(
                f"{label(f'app.{other}')} →",  # type: ignore[arg-type]
                size="sm", min_width=0, elem_id=f"{name}-next", elem_classes="ddpm-next",
            )  # fmt: skip
            onward.click(None, None, None, js=in_browser("page/tabs.js", f"openTab('{other}')"))
