"""Canvas components: gr.HTML whose template, style and script stand in ui/player/."""

import base64
from pathlib import Path

import gradio as gr
import numpy as np
import torch

FOLDER = Path(__file__).parent / "player"

# Scripts that always stand before a component's own.
PARTS: dict[str, tuple[str, ...]] = {
    "player": ("formulas", "trajectory", "film", "cloud", "panels", "readout", "probe", "transport"),
}


def canvas_component(name: str, value: str | None = None, parts: tuple[str, ...] = (), **options: object) -> gr.HTML:
    """The component of ui/player/<name>.html, .css and .js, after common.js, its PARTS and `parts`.

    `value` is one JSON text. The script finds it in props.value, is told of new ones by watch("value", …),
    and speaks to Python by trigger("name", {…}).
    """
    html, css, js = (FOLDER / f"{name}.{kind}" for kind in ("html", "css", "js"))
    scripts = (FOLDER / "common.js", *(FOLDER / f"{part}.js" for part in (*PARTS.get(name, ()), *parts)), js)
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    return gr.HTML(
        value,
        html_template=html.read_text(encoding="utf-8"),
        css_template=css.read_text(encoding="utf-8"),
        js_on_load=script,
        **options,  # type: ignore[arg-type]
    )


def packed(array: torch.Tensor | np.ndarray, dtype: str = "<f4") -> str:
    """Little-endian numbers as base64; `dtype` as numpy names it: "<f2", "<f4", "<f8", "|u1"."""
    numbers = array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else array
    return base64.b64encode(np.ascontiguousarray(numbers, dtype=dtype).tobytes()).decode("ascii")
