"""Where Gradio keeps the KaTeX that its own page uses: the chapters set their formulas with it."""

from pathlib import Path

import gradio as gr

from ..protocol.page_messages import KatexFiles

ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def katex_files() -> KatexFiles | None:
    """Names of the script and the style in the page's assets; None where this Gradio has none of its own."""
    found = {kind: sorted(ASSETS.glob(f"katex-*.{suffix}")) for kind, suffix in (("script", "js"), ("style", "css"))}
    if not all(found.values()):
        return None
    return {"script": found["script"][0].name, "style": found["style"][0].name}
