"""`serve`: the page, as app.py serves it. Each flag is an environment variable, which app.py and a Space read too."""

import argparse
import os
import re

from .paths import given

ROOT_PATH = re.compile(r"(https?://[^\s/?#]+)?(/[^\s?#]*)?")


def port(text: str) -> str:
    """A number of a port, for `type=` of an argument.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"it must be a whole number in [1, 65535], got {text[:40]!r}; correct it")
    return text


def root_path(text: str) -> str:
    """Where a proxy has the page: /below/there or https://name/below/there, without a slash at its end.

    Raises:
        argparse.ArgumentTypeError: neither of them.
    """
    if not given(text).strip("/") or not ROOT_PATH.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"it must be a path that begins with /, or a whole address, got {text[:40]!r}; try /playground"
        )
    return text.rstrip("/")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the page is served, and for whom."""
    parser.add_argument(
        "--host", type=given, help="address to listen on, GRADIO_SERVER_NAME; default 127.0.0.1, this machine alone"
    )
    parser.add_argument("--port", type=port, help="GRADIO_SERVER_PORT; default the first free one from 7860")
    parser.add_argument(
        "--share", action="store_true", help="a public address through gradio's servers, GRADIO_SHARE; default off"
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="let models use the page's deeds by MCP at /gradio_api/mcp/, GRADIO_MCP_SERVER; default off",
    )
    parser.add_argument(
        "--root-path", type=root_path, metavar="PATH",
        help="where a proxy in front has the page, as /playground, GRADIO_ROOT_PATH; default its root",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Serve until it is interrupted; an address that cannot be had is refused before anything is imported."""
    flags = {
        "GRADIO_SERVER_NAME": arguments.host, "GRADIO_SERVER_PORT": arguments.port,
        "GRADIO_SHARE": "True" if arguments.share else None, "GRADIO_ROOT_PATH": arguments.root_path,
        "GRADIO_MCP_SERVER": "True" if arguments.mcp else None,
    }  # fmt: skip
    os.environ |= {name: value for name, value in flags.items() if value is not None}
    from ..ui.programs.mcp_door import wants_mcp
    from ..ui.serving.address import asked_address

    asked_address()
    wants_mcp()
    from ..ui.app import build, launch

    launch(build())
