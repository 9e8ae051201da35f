"""A comparison as a film and as a sheet: its columns side by side, x_t above x̂_0, with t and log SNR on each frame."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.later import torch
from ..core.phrase import Refusal
from ..learn.data.pictures import tile, to_uint8
from .film import (
    FAINT,
    GAP,
    INK,
    MAX_GIF_FRAMES,
    PANEL_SIDE,
    PAPER,
    WIDEST_PANEL,
    Size,
    columns_of,
    encoded,
    fitted,
    fitting_line,
    sizes_from,
    symbol,
)

FRAMES_PER_SECOND = 12.0
HEAD, SYMBOL, FOOT, TITLE = 44, 30, 36, 22  # px
NARROWEST = 190  # px of a column, so that its t can be read
SHEET_LEVELS, SHEET_SIDE, SHEET_LINE = 8, 120, 20


class ShownColumn(Protocol):
    """What is drawn of a column, see `experiments.kept_columns.KeptColumn`."""

    t: list[int]
    log_snr: list[float | None]
    at: list[int]
    x_t: np.ndarray
    x_hat_0: np.ndarray
    x_0: np.ndarray
    come: int

    @property
    def is_ended(self) -> bool:
        """Whether x_0 of all pictures is there."""
        ...


@dataclass(frozen=True)
class Moment:
    """One frame: its log SNR, None for noise alone, and which step each column shows, None for where it ends."""

    log_snr: float | None
    shown: tuple[int | None, ...]


class ColumnsFilm:
    """What a comparison has kept, from noise to picture along log SNR.

    Args:
        columns: of which at least one step of each has come.
        titles: what made each, a line.
        heading: what all have in common, a line.

    Raises:
        ValueError: nothing has come.
    """

    def __init__(self, columns: Sequence[ShownColumn], titles: Sequence[str], heading: str = "") -> None:
        if not all(column.come for column in columns):
            raise Refusal("there is no comparison to save yet; press Run first")
        self.columns, self.titles, self.heading = columns, titles, heading
        self.moments = _moments(columns)

    def __len__(self) -> int:
        return len(self.moments)

    @property
    def count(self) -> int:
        """How many pictures of each column are shown: as many as fit into a panel."""
        count = len(self.columns[0].x_0)
        while count > 1 and max(self._grid(count)) > WIDEST_PANEL:
            count -= 1
        return count

    @property
    def zoom(self) -> int:
        """How much pictures are enlarged in the largest film."""
        return max(1, 2 * PANEL_SIDE // len(self.columns) // max(self._grid(self.count)))

    def _grid(self, count: int) -> tuple[int, int]:
        H, W = self.columns[0].x_0.shape[-2:]
        columns = columns_of(count)
        return -(-count // columns) * H, columns * W

    def frames(self, count: int, zoom: int, pictures: int) -> Iterator[Image.Image]:
        """`count` frames, evenly chosen, both ends among them."""
        for i in np.unique(np.linspace(0, len(self) - 1, count).round().astype(int)).tolist():
            yield self._frame(i, zoom, pictures)

    def _frame(self, i: int, zoom: int, pictures: int) -> Image.Image:
        moment = self.moments[i]
        panels = [
            [_panel(values, zoom, pictures) for values in _values(column, shown)]
            for column, shown in zip(self.columns, moment.shown, strict=True)
        ]
        wide, high = panels[0][0].size
        width, above = max(wide, NARROWEST), TITLE if self.heading else 0
        top = above + HEAD
        sheet = Image.new("RGB", (len(panels) * (width + GAP) + GAP, top + 2 * (SYMBOL + high) + FOOT), PAPER)
        pen, long = ImageDraw.Draw(sheet), sheet.width - 2 * GAP
        fitting_line(pen, (GAP, 4), self.heading, long, 13)
        for k, (column, shown) in enumerate(zip(self.columns, moment.shown, strict=True)):
            x = GAP + k * (width + GAP)
            fitting_line(pen, (x, above + 4), f"{'ABCD'[k]}: {self.titles[k]}", width, 14)
            fitting_line(pen, (x, above + 23), _where(column, shown), width, 13)
            for row, panel in enumerate(panels[k]):
                y = top + row * (SYMBOL + high)
                symbol(pen, (x, y + 2), "t" if row == 0 else "0", hat=row == 1, times=1.0)
                sheet.paste(panel, (x, y + SYMBOL))
        told = "log SNR = -inf" if moment.log_snr is None else f"log SNR = {moment.log_snr:.2f}"
        pen.text((GAP, sheet.height - FOOT + 8), told, INK, ImageFont.load_default(16))
        line = GAP, sheet.height - 5, GAP + long, sheet.height - 3
        pen.rectangle(line, FAINT)
        pen.rectangle((*line[:2], GAP + long * i / max(1, len(self) - 1), line[3]), INK)
        return sheet


def _moments(columns: Sequence[ShownColumn]) -> list[Moment]:
    """One frame for each log SNR at which a column has a kept step, at most so many, and the end."""
    levels = sorted({_level(column, i) for column in columns for i in range(column.come)})
    if len(levels) >= MAX_GIF_FRAMES:
        levels = [levels[i] for i in np.linspace(0, len(levels) - 1, MAX_GIF_FRAMES - 1).round().astype(int)]
    found = [
        Moment(level if np.isfinite(level) else None, tuple(_nearest(column, level) for column in columns))
        for level in levels
    ]
    if all(column.is_ended for column in columns):
        found.append(Moment(found[-1].log_snr, (None,) * len(columns)))
    return found


def _level(column: ShownColumn, i: int) -> float:
    level = column.log_snr[column.at[i]]
    return -np.inf if level is None else level


def _nearest(column: ShownColumn, level: float) -> int:
    gaps = [0.0 if own == level else abs(own - level) for own in (_level(column, i) for i in range(column.come))]
    return int(np.argmin(gaps))


def _values(column: ShownColumn, shown: int | None) -> tuple[np.ndarray, np.ndarray]:
    """x_t and x̂_0 of a kept step; at the end both are x_0."""
    return (column.x_0, column.x_0) if shown is None else (column.x_t[shown], column.x_hat_0[shown])


def _where(column: ShownColumn, shown: int | None) -> str:
    if shown is None:
        return "t = 0"
    level = _level(column, shown)
    return f"t = {column.t[column.at[shown]]}, log SNR {level:.2f}"


def _panel(values: np.ndarray, zoom: int, pictures: int) -> Image.Image:
    shown = torch.nan_to_num(torch.from_numpy(values[:pictures]).float(), nan=-1.0)
    pixels = Image.fromarray(tile(to_uint8(shown), columns_of(pictures)))
    return pixels.resize((pixels.width * zoom, pixels.height * zoom), Image.Resampling.NEAREST)


def write_columns_gif(path: Path, film: ColumnsFilm) -> int:
    """The film as an animated GIF of at most 3 MB; says how many frames it has."""

    def made(levels: int, count: int, zoom: int, pictures: int) -> bytes:
        frames = list(film.frames(count, zoom, pictures))
        return encoded(frames, levels, FRAMES_PER_SECOND, "  ".join(film.titles), "columns side by side")

    sizes: Iterator[Size] = sizes_from(len(film), film.zoom, film.count)
    return fitted(path, made, sizes, len(film))


def columns_sheet(film: ColumnsFilm) -> bytes:
    """A PNG: log SNR from left to right, of each column x_t and beneath it x̂_0, all pictures that fit."""
    chosen = np.unique(np.linspace(0, len(film) - 1, SHEET_LEVELS + 1).round().astype(int)).tolist()
    pictures = film.count
    zoom = max(1, SHEET_SIDE // max(film._grid(pictures)))
    rows: list[tuple[str, list[Image.Image], list[str]]] = []
    for k, column in enumerate(film.columns):
        shown = [film.moments[i].shown[k] for i in chosen]
        for row in range(2):
            panels = [_panel(_values(column, one)[row], zoom, pictures) for one in shown]
            told = f"{'ABCD'[k]}: {film.titles[k]}" if row == 0 else ""
            rows.append((told, panels, [_where(column, one) for one in shown] if row == 0 else []))
    return _png(rows, film.heading)


def _png(rows: Sequence[tuple[str, list[Image.Image], list[str]]], heading: str) -> bytes:
    wide, high = rows[0][1][0].size
    width = max(wide, SHEET_SIDE)
    lines = [sum((bool(told), bool(under))) for told, _, under in rows]
    height = (SHEET_LINE if heading else 0) + sum(SHEET_LINE * one for one in lines) + len(rows) * (high + GAP) + GAP
    sheet = Image.new("RGB", (len(rows[0][1]) * (width + GAP) + GAP + SYMBOL, height), PAPER)
    pen, y = ImageDraw.Draw(sheet), GAP
    long = sheet.width - 2 * GAP
    if heading:
        fitting_line(pen, (GAP, y), heading, long, 14)
        y += SHEET_LINE
    for told, panels, under in rows:
        if told:
            fitting_line(pen, (GAP, y), told, long, 14)
            y += SHEET_LINE
        lefts = [SYMBOL + GAP + i * (width + GAP) for i in range(len(panels))]
        for left, one in zip(lefts, under, strict=False):
            fitting_line(pen, (left, y), one, width, 11)
        y += SHEET_LINE if under else 0
        symbol(pen, (GAP, y), "t" if under else "0", hat=not under, times=1.0)
        for left, panel in zip(lefts, panels, strict=True):
            sheet.paste(panel, (left, y))
        y += high + GAP
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
