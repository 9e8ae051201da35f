"""A watched run as a file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.checks import one_of
from ..core.later import torch
from ..core.phrase import Refusal
from ..core.writing import written
from ..views.film import Film, film_frames, write_gif
from ..views.video import FRAMES_PER_SECOND, MOST_VIDEO_FRAMES, check_video, write_mp4
from .frames import Frames
from .player_page import page, words

if TYPE_CHECKING:
    from .shown_run import ShownRun


def save(run: ShownRun, path: Path, language: str = "en") -> Path:
    """See `ShownRun.save`."""
    ending = path.suffix.lower()
    one_of("the file's ending", ending, WRITERS)
    one_of("the language", language, words())
    if path.is_dir():
        raise Refusal("{path} is a folder; give a file name", path=str(path))
    if not len(run.kept_steps):
        raise Refusal("this run has no step yet, so there is nothing to save")
    with written(path) as there:
        WRITERS[ending](run, there, language)
    return path


def _npz(run: ShownRun, path: Path, language: str) -> None:
    """`x_t`, `x_hat_0`, `eps_hat` (K,B,…), `x_end` (B,…), `kept` (K,), each of `Numbers` (S,), and `facts`, JSON."""
    arrays: dict[str, Any] = {
        "x_t": run.x_t, "x_hat_0": run.x_hat_0, "eps_hat": run.eps_hat, "x_end": run.x_end,
        "kept": run.kept_steps, **{one.name: getattr(run.numbers, one.name) for one in fields(run.numbers)},
        "facts": np.asarray(json.dumps(run.facts(), ensure_ascii=False, default=str)),
    }  # fmt: skip
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _gif(run: ShownRun, path: Path, language: str) -> None:
    write_gif(path, film_of(run), FRAMES_PER_SECOND)


def _html(run: ShownRun, path: Path, language: str) -> None:
    path.write_text(page(run, language), encoding="utf-8")


def _mp4(run: ShownRun, path: Path, language: str) -> None:
    check_video(path.name)
    film = film_of(run)
    write_mp4(path, list(film_frames(film, min(len(film), MOST_VIDEO_FRAMES))))


WRITERS: dict[str, Callable[[ShownRun, Path, str], None]] = {
    ".npz": _npz,
    ".gif": _gif,
    ".mp4": _mp4,
    ".html": _html,
}


def film_of(run: ShownRun) -> Film:
    """The run as a film of x_t beside x̂_0, ending in what the last step returned."""
    frames = Frames(run)
    steps = list(range(len(run.kept_steps)))
    kept = [frames.pictures(k) for k in steps]
    ts = [float(run.numbers.timestep[i]) for i in run.kept_steps]
    xs = [_as_x(one["x_t"]) for one in kept]
    guesses = [None if one["x_hat_0"] is None else _as_x(one["x_hat_0"]) for one in kept]
    end = frames.end_picture()
    told = [f"t = {t:g}" if run.paper_t else f"timestep {t:g}" for t in ts]
    if end is not None:
        xs, ts, guesses, told = [*xs, _as_x(end)], [*ts, 0.0], [*guesses, None], [*told, "after the last step:"]
    ts = [t if math.isfinite(t) else 0.0 for t in ts]
    ending = run.ended if end is not None else ""
    return Film(ts, _one_size(xs), lambda i: guesses[i], told=told, ending=ending, title=run.title)


def _as_x(pixels: np.ndarray | None) -> torch.Tensor:
    """A grid as one picture in −1…1, (1,C,H,W)."""
    if pixels is None:
        return torch.zeros(1, 1, 1, 1)
    x = torch.from_numpy(pixels).float() / 127.5 - 1.0
    return x[None, None] if x.ndim == 2 else x.permute(2, 0, 1)[None]


def _one_size(xs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Frames of which nothing is finite as grey ones of the others' size."""
    size = next((x.shape for x in xs if x.shape[-1] > 1), xs[0].shape)
    return [x if x.shape == size else torch.zeros(size) for x in xs]
