"""Canvas components: gr.HTML whose template and module stand in ui/web/."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np

from ...core.later import torch
from ...core.phrase import Refusal
from ..serving.web import FOLDER, NAME, scope_of
from ..serving.when_asked import first_value

# Gradio looks here for the names of a component's own events, in quotes. page/mounting.js says when what is mounted.
MOUNT = """// It triggers: {events}
element.inert = true;
window.ddpm.fill(element);
import("{mounting}").then((page) => page.mountOnceSeen("{module}.js", {{ element, props, trigger, watch, server }}));"""
EVENT = re.compile(r'\btrigger\("(\w+)"')


def canvas_component(
    path: str, first: str = "", server_functions: Sequence[Callable[..., Any]] = (), **options: Any
) -> gr.HTML:
    """The component of ui/web/<path>.html and .js; its styles are in <path>.css, see serving/web.py.

    Its module is loaded and mounted when it is first seen, and reads what has come meanwhile: the newest value, one
    JSON text, in props.value. It is told of new ones by watch("value", …), and speaks to Python by
    trigger("name", {…}) and by the server functions.

    Args:
        path: of its files.
        first: "module:function" that makes the value it starts from; asked for when it is first seen, so that neither
            its computation nor its bytes stand before the first picture.
        server_functions: what it may ask for.
        options: of gr.HTML.
    """
    html, script = ((FOLDER / f"{path}.{kind}").read_text(encoding="utf-8") for kind in ("html", "js"))
    events = sorted(set(EVENT.findall(script)))
    return gr.HTML(
        html_template=html,
        js_on_load=MOUNT.format(
            mounting=f"{NAME}page/mounting.js", module=NAME + path, events=", ".join(f'"{event}"' for event in events)
        ),
        elem_classes=["ddpm-canvas", scope_of(path)],
        server_functions=[*server_functions, *([first_value(first)] if first else [])],
        **options,
    )


def in_browser(module: str, call: str, *parameters: str) -> str:
    """JavaScript for `js=`: a function of `parameters` that calls what a module of ui/web exports.

    >>> in_browser("page/settings.js", "remember('t', value)", "value")
    '(value) => import("ddpm/page/settings.js").then((module) => module.remember(\'t\', value))'
    """
    return f'({", ".join(parameters)}) => import("{NAME}{module}").then((module) => module.{call})'


def packed(array: torch.Tensor | np.ndarray, dtype: str = "<f4") -> str:
    """Little-endian numbers as base64; `dtype` as numpy names it: "<f2", "<f4", "<f8", "|u1"."""
    numbers = array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else array
    return base64.b64encode(np.ascontiguousarray(numbers, dtype=dtype).tobytes()).decode("ascii")


def unpacked(packed_floats: object, shape: tuple[int, ...]) -> torch.Tensor:
    """base64 float32 from the browser as a tensor of `shape`.

    Raises:
        ValueError: no base64, another count of numbers, or some that are not finite.
    """
    try:
        raw = base64.b64decode(str(packed_floats), validate=True)
    except ValueError:
        raise Refusal("no base64") from None
    count = int(np.prod(shape))
    if len(raw) != 4 * count:
        raise Refusal("{num_bytes} bytes instead of {count}", num_bytes=len(raw), count=4 * count)
    values = torch.from_numpy(np.frombuffer(raw, "<f4").astype(np.float32))
    if not bool(torch.isfinite(values).all()):
        raise Refusal("some numbers are not finite")
    return values.reshape(shape)
