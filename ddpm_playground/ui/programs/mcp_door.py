"""Whether the page speaks MCP: only where that is asked for, as every further door of a public page should be."""

import importlib.util
import json
import os
from typing import Any

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta

from ...core.phrase import Refusal

VARIABLE = "GRADIO_MCP_SERVER"


def wants_mcp() -> bool:
    """Whether GRADIO_MCP_SERVER, which `serve --mcp` sets, asks for MCP.

    Raises:
        ValueError: it does, and the package that speaks it is missing.
    """
    wanted = os.environ.get(VARIABLE, "").strip().lower() in ("1", "true")
    if wanted and importlib.util.find_spec("mcp") is None:
        raise Refusal("MCP needs the package mcp, which is missing; install it with pip install 'ddpm-playground[mcp]'")
    return wanted


def speak_json(demo: gr.Blocks) -> None:
    """Objects that tools answer become JSON: Gradio would write them as Python prints them. Nothing without MCP."""
    server = demo.mcp_server_obj
    if server is None:
        return
    told = server.postprocess_output_data

    def in_json(data: Any, root_url: str) -> Any:
        said = [
            json.dumps(one, ensure_ascii=False) if isinstance(one, dict) and not is_file_obj_with_meta(one) else one
            for one in data
        ]
        return told(said, root_url)

    server.postprocess_output_data = in_json  # type: ignore[method-assign]
