"""Whether the page speaks MCP: only where that is asked for, as every further door of a public page should be."""

import importlib.util
import os

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
