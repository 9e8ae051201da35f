"""Where a run is shown while it comes about."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import TYPE_CHECKING, Any

from ..core.phrase import Refusal
from .subject import Subject

if TYPE_CHECKING:
    from .watch import Screen

AUTO = "auto"
PLACES = ("tab", "cell")


def place_for(wanted: str | None, subject: Subject) -> Screen | None:
    """The screen that was asked for, or that there is.

    Raises:
        Refusal: no such place, or a cell where there is no notebook.
    """
    if wanted is None:
        return None
    if wanted not in (*PLACES, AUTO):
        raise Refusal('open must be "tab", "cell" or None, got {got}; pick one of these', got=repr(wanted)[:60])
    if wanted == "cell" and not in_notebook():
        raise Refusal('open="cell" needs a notebook, and this is none; use open="tab", or None and last() afterwards')
    if wanted == "cell" or (wanted == AUTO and in_notebook()):
        from .live_cell import Cell

        return Cell()
    if wanted == "tab" or has_screen():
        from .live_tab import Tab

        return Tab(subject.name, quiet=wanted == AUTO)
    return None


def in_notebook() -> bool:
    """Whether this is a kernel of Jupyter, Colab or the like, which shows what is displayed."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def has_screen() -> bool:
    """Whether a tab would be seen: there is a browser with windows, on this machine, and somebody at a terminal."""
    if "SSH_CONNECTION" in os.environ or not (sys.stdout and sys.stdout.isatty()):
        return False
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
