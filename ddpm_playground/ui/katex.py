"""Where Gradio keeps the KaTeX that its own page uses: the chapters set their formulas with it."""

from pathlib import Path

import gradio as gr

ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def katex_files() -> dict[str, str] | None:
    """Names of the script and the style in the page's assets; None where this Gradio has none of its own."""
    found = {kind: sorted(ASSETS.glob(f"katex-*.{suffix}")) for kind, suffix in (("script", "js"), ("style", "css"))}
    return {kind: paths[0].name for kind, paths in found.items()} if all(found.values()) else None
