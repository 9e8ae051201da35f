"""Canvas components: gr.HTML whose template and script stand in ui/player/, and their styles there too."""

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
    """The component of ui/player/<name>.html and .js, after common.js, its PARTS and `parts`; see `styles`.

    `value` is one JSON text. The script finds it in props.value, is told of new ones by watch("value", …),
    and speaks to Python by trigger("name", {…}).
    """
    html, js = (FOLDER / f"{name}.{kind}" for kind in ("html", "js"))
    scripts = (FOLDER / "common.js", *(FOLDER / f"{part}.js" for part in (*PARTS.get(name, ()), *parts)), js)
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    return gr.HTML(
        value,
        html_template=html.read_text(encoding="utf-8"),
        js_on_load=script,
        elem_classes=_scope(name),
        **options,  # type: ignore[arg-type]
    )


def _scope(name: str) -> str:
    """The class of a component's element."""
    return f"ddpm-canvas-{name}"


def styles() -> str:
    """The styles of every component, for the page's head: each within its own element, stronger than the theme.

    A gr.HTML's own css_template is read and applied anew with each new value, here up to 30 times a second.
    """
    files = sorted(FOLDER.glob("*.css"))
    # Named four times, the class outweighs any rule of the theme; an id in :is() would too, but the browser then
    # restyles the whole page for each frame of a drag.
    return "\n".join(f"{f'.{_scope(f.stem)}' * 4} {{ {f.read_text(encoding='utf-8')} }}" for f in files)


def packed(array: torch.Tensor | np.ndarray, dtype: str = "<f4") -> str:
    """Little-endian numbers as base64; `dtype` as numpy names it: "<f2", "<f4", "<f8", "|u1"."""
    numbers = array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else array
    return base64.b64encode(np.ascontiguousarray(numbers, dtype=dtype).tobytes()).decode("ascii")
