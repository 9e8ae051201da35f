"""What the cards' workers found, kept while its card shows it, and written as the file that is asked for."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import gradio as gr

from ...core.checks import look_up
from ...core.phrase import Refusal
from ...learn import imports
from ..page.page import HOT, Page, clicked
from ..serving.failure import on_screen
from ..serving.owned import Owned

if TYPE_CHECKING:
    import torch

KEPT_BYTES = 128 * 2**20  # of all pages together; of more, those that have rested longest are let go
ARRAYS_BYTES = 24 * 2**20  # of one result, before it is compressed
FILES = ("gif", "npz", "ipynb")


class FilmRow(TypedDict):
    """What a row of a film shows: `count` pictures a frame, uint8 in base64."""

    name: str
    count: int
    pictures: str


class Result(TypedDict):
    """What a worker sends besides what the page shows.

    Attributes:
        deed: of the notebook.
        settings: of the notebook.
        arrays: an .npz in base64; None where they are too large.
        told: t, S, r or the share of each frame of a film; none where there is no axis.
        rows: of a film.
        shape: C, H, W.
    """

    deed: str
    settings: dict[str, Any]
    arrays: str | None
    told: list[str]
    rows: list[FilmRow]
    shape: list[int]


def npz(arrays: Mapping[str, torch.Tensor], asked: Mapping[str, Any]) -> str | None:
    """Arrays and what was asked for as an .npz in base64; None where they are too large."""
    import io

    import numpy as np

    if sum(value.nbytes for value in arrays.values()) > ARRAYS_BYTES:
        return None
    recipe = {key: value for key, value in asked.items() if key not in ("pictures", "mask")}
    out = io.BytesIO()
    given = {name: value.cpu().numpy() for name, value in arrays.items()}
    np.savez_compressed(out, allow_pickle=False, **given, recipe=np.asarray(json.dumps(recipe)))
    return base64.b64encode(out.getvalue()).decode("ascii")


class KeptResults:
    """The newest result of each card of each page.

    Args:
        page: whose exports write them.
    """

    def __init__(self, page: Page) -> None:
        self.exports = page.exports
        self.owned: Owned[Result] = Owned(most=KEPT_BYTES, cost=_cost)

    def keep(self, card: str, asker: object, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer of a card's worker as the page gets it: in the place of the result is the name of it."""
        if "kept" not in answer:
            return answer
        token = secrets.token_urlsafe(16)
        self.owned.begin(f"{str(asker)[:64]} {card}", token, answer["kept"])
        return {**answer, "kept": token}

    @on_screen
    async def save(self, event: gr.EventData, request: gr.Request) -> str:
        """A file of the result that a page names, written when its turn has come; returns its path."""
        kind, token = str(getattr(event, "kind", "")), str(getattr(event, "kept", ""))[:64]
        look_up(dict.fromkeys(FILES), kind, "the page does not know the file {name}; choose one of {known}")
        result = self.owned.known_by(token)
        if result is None:
            raise Refusal("the server keeps this result no longer; run it again, then save it")

        def write(path: Path) -> None:
            write_result(path, result)

        return await self.exports.new(str(request.session_hash), f"ddpm_{result['deed']}.{kind}", write)

    def listen(self, card: Any) -> None:
        """A card's button for a file."""
        file = gr.DownloadButton(elem_id=f"{card.elem_id}-file", elem_classes="ddpm-offstage")
        quiet: dict[str, Any] = HOT | {"trigger_mode": "multiple", "concurrency_limit": None}
        saved = card.file(self.save, None, file, **quiet, concurrency_id="export")
        saved.success(None, None, None, js=clicked(f"{card.elem_id}-file"))


def _cost(result: Result) -> int:
    parts = [result["arrays"] or "", str(result["settings"]), *(row["pictures"] for row in result["rows"])]
    return sum(map(len, parts))


def write_result(path: Path, result: Result) -> None:
    """What the file's name ends in.

    Raises:
        ValueError: the arrays are too large, there is no axis to film along, or nbformat is missing.
    """
    if path.suffix == ".npz":
        if result["arrays"] is None:
            raise Refusal(
                "the arrays of this result take more than {most} MB; ask for fewer pictures, or take the command with "
                "--out",
                most=ARRAYS_BYTES // 2**20,
            )  # fmt: skip
        path.write_bytes(base64.b64decode(result["arrays"]))
        return
    imports.import_once()
    if path.suffix == ".ipynb":
        from ...experiments.notebook import notebook

        path.write_text(notebook(result["deed"], result["settings"]), encoding="utf-8")
        return
    import numpy as np

    from ...views.strip_film import StripFilm, write_strip_gif

    rows = [
        np.frombuffer(base64.b64decode(row["pictures"]), np.uint8).reshape(-1, row["count"], *result["shape"]).copy()
        for row in result["rows"]
    ]
    title = f"{result['deed']}, {result['settings']['checkpoint']}"
    write_strip_gif(path, StripFilm([row["name"] for row in result["rows"]], result["told"], rows, title))
