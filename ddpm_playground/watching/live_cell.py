"""A run in a notebook's output cell while it comes about: the newest pictures in place, the player at its end."""

from __future__ import annotations

import html
import threading
from typing import TYPE_CHECKING, Any

from .live_feed import Feed
from .player_page import framed, words

if TYPE_CHECKING:
    from .watch import Watch

AT_END_S = 30.0  # that the cell waits for its player


class Cell:
    """The output of the cell that is running."""

    def __init__(self) -> None:
        import IPython.display  # pyright: ignore[reportMissingImports]

        self._display: Any = IPython.display
        self._feed = Feed(self._told)
        self._handle: Any = None
        self._state, self._frame = "", None
        self._lock = threading.Lock()

    def called(self, watch: Watch) -> None:
        """The first call makes room for the pictures, in the cell that is running now."""
        if self._handle is None:
            self._handle = self._display.display(self._display.HTML(""), display_id=True)
        self._feed.called(watch)

    def over(self, watch: Watch) -> None:
        """The player in the stead of the pictures."""
        if self._handle is None:
            return
        self._feed.stop()  # the player has its own frames
        self._feed.join(AT_END_S)
        self._show(framed(watch.last()))

    def _told(self, event: str, value: Any) -> None:
        if event == "state":
            self._state = value
            if self._frame is not None:
                self._show(_still(self._frame, self._state))
        elif event == "frame":
            self._frame = value

    def _show(self, text: str) -> None:
        with self._lock:
            self._handle.update(self._display.HTML(text))


def _still(frame: dict[str, Any], state: str) -> str:
    """One frame without a script."""
    said = words()["en"]
    pictures = "".join(
        f'<figure style="margin:0"><figcaption>{html.escape(said[f"panel_{name}"])}</figcaption>'
        f'<img src="{source}" style="width:200px;image-rendering:pixelated" alt=""></figure>'
        for name, source in frame["images"].items() if source
    )  # fmt: skip
    numbers = frame["numbers"]
    t = said["where"].format(t=numbers["t"], next=said["end"] if numbers["next"] is None else numbers["next"])
    return f'<div style="display:flex;gap:12px">{pictures}</div><div>{html.escape(f"{t} · {state}")}</div>'
