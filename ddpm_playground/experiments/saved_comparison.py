"""A comparison as a file: arrays, a sheet, or a film."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.checks import look_up
from ..views.columns_film import ColumnsFilm, columns_sheet, write_columns_gif
from ..views.video import MOST_VIDEO_FRAMES, write_mp4
from .differing import Difference
from .kept_columns import KeptColumns

MEASURED = ("first_t", "x_t_rms", "x_hat_0_rms", "norm_ratio")  # of each step
FILM_FRAMES = 150  # of a column, where nothing but pictures to look at is made of them
ARRAYS_BYTES = 2**30


def write_comparison(
    path: Path, kept: KeptColumns, found: Sequence[Difference] | None, texts: Sequence[str], facts: Mapping[str, Any]
) -> None:
    """Writes what the file's name ends in.

    Args:
        path: a suffix of `FILES`.
        kept: the frames.
        found: what was measured; None where the comparison did not come to its end.
        texts: what was given of each column.
        facts: what else made it, for the arrays: "checkpoint", "num_images".

    Raises:
        ValueError: another suffix, nothing has come, or what the format needs is missing.
    """
    look_up(FILES, path.suffix.lower(), "unknown ending {name}; choose one of {known}")(path, kept, found, texts, facts)


def frames_for(path: Path) -> tuple[int, int]:
    """How many bytes and steps of a column it takes to write such a file."""
    return (ARRAYS_BYTES, 10**6) if path.suffix.lower() == ".npz" else (ARRAYS_BYTES, FILM_FRAMES)


def _film(kept: KeptColumns, texts: Sequence[str], facts: Mapping[str, Any]) -> ColumnsFilm:
    return ColumnsFilm(kept.columns, texts, str(facts.get("checkpoint", "")))


def _npz(
    path: Path, kept: KeptColumns, found: Sequence[Difference] | None, texts: Sequence[str], facts: Mapping[str, Any]
) -> None:
    _film(kept, texts, facts)  # refuses what is empty
    arrays = kept.arrays()
    for letter, one in zip("ABCD", found or (), strict=False):
        for name in MEASURED:
            values = [np.nan if value is None else value for value in getattr(one, name)]
            arrays[f"{letter}_{name}"] = np.array(values)
    told = {**facts, "columns": list(texts), "complete": found is not None, "grain": kept.grain}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays, recipe=np.asarray(json.dumps(told)))


def _png(
    path: Path, kept: KeptColumns, found: Sequence[Difference] | None, texts: Sequence[str], facts: Mapping[str, Any]
) -> None:
    path.write_bytes(columns_sheet(_film(kept, texts, facts)))


def _gif(
    path: Path, kept: KeptColumns, found: Sequence[Difference] | None, texts: Sequence[str], facts: Mapping[str, Any]
) -> None:
    write_columns_gif(path, _film(kept, texts, facts))


def _mp4(
    path: Path, kept: KeptColumns, found: Sequence[Difference] | None, texts: Sequence[str], facts: Mapping[str, Any]
) -> None:
    film = _film(kept, texts, facts)
    write_mp4(path, list(film.frames(min(len(film), MOST_VIDEO_FRAMES), film.zoom, film.count)))


Write = Callable[[Path, KeptColumns, Sequence[Difference] | None, Sequence[str], Mapping[str, Any]], None]
# A kind of file is one function and one line here.
FILES: dict[str, Write] = {".npz": _npz, ".png": _png, ".gif": _gif, ".mp4": _mp4}
