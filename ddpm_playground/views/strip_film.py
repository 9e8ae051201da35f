"""A strip of pictures as a film: its columns one after another along t, S, r or the share of the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.later import torch
from ..core.phrase import Refusal
from ..learn.data.pictures import tile
from .film import FAINT, GAP, INK, PANEL_SIDE, PAPER, columns_of, encoded, fitted, fitting_line, sizes_from

FRAMES_PER_SECOND = 2.0
HEAD, FOOT = 26, 36  # px
NARROWEST = 130  # px of a panel, so that what stands above it can be read
MOST_PANEL = 320  # px


@dataclass(frozen=True, eq=False)
class StripFilm:
    """Rows of a strip.

    Attributes:
        names: what each row shows, a few letters.
        told: what each frame says of itself: t, S, r or the share.
        rows: of each row the frames, (F,M,C,H,W) uint8: M pictures that are shown together.
        title: what made it, one line.
    """

    names: Sequence[str]
    told: Sequence[str]
    rows: Sequence[np.ndarray]
    title: str = ""

    def __len__(self) -> int:
        return len(self.told)

    @property
    def most(self) -> int:
        """The most pictures of a panel."""
        return max(row.shape[1] for row in self.rows)

    @property
    def zoom(self) -> int:
        """How much pictures are enlarged in the largest film."""
        side = min(MOST_PANEL, 2 * PANEL_SIDE // len(self.rows))
        H, W = self.rows[0].shape[-2:]
        columns = columns_of(self.most)
        return max(1, side // max(-(-self.most // columns) * H, columns * W))

    def frames(self, count: int, zoom: int, pictures: int) -> Iterator[Image.Image]:
        """`count` frames, evenly chosen, both ends among them."""
        for i in np.unique(np.linspace(0, len(self) - 1, count).round().astype(int)).tolist():
            yield self._frame(i, zoom, pictures)

    def _frame(self, i: int, zoom: int, pictures: int) -> Image.Image:
        panels = [_panel(row[i, :pictures], zoom * (1 if row.shape[1] > 1 else self._alone)) for row in self.rows]
        widths, high = [max(panel.width, NARROWEST) for panel in panels], max(panel.height for panel in panels)
        sheet = Image.new("RGB", (sum(widths) + GAP * (len(panels) + 1), HEAD + high + FOOT), PAPER)
        pen, x = ImageDraw.Draw(sheet), GAP
        for name, panel, width in zip(self.names, panels, widths, strict=True):
            fitting_line(pen, (x, 5), name, width, 15)
            sheet.paste(panel, (x, HEAD))
            x += width + GAP
        pen.text((GAP, HEAD + high + 5), self.told[i], INK, ImageFont.load_default(18))
        line = GAP, sheet.height - 5, sheet.width - GAP, sheet.height - 3
        pen.rectangle(line, FAINT)
        pen.rectangle((*line[:2], GAP + (line[2] - GAP) * i / max(1, len(self) - 1), line[3]), INK)
        return sheet

    @property
    def _alone(self) -> int:
        """How much more a panel of one picture is enlarged than one of several."""
        return min(2, columns_of(self.most))


def _panel(values: np.ndarray, zoom: int) -> Image.Image:
    pixels = Image.fromarray(tile(torch.from_numpy(values), columns_of(len(values))))
    return pixels.resize((pixels.width * zoom, pixels.height * zoom), Image.Resampling.NEAREST)


def write_strip_gif(path: Path, film: StripFilm) -> int:
    """The film as an animated GIF of at most 3 MB; says how many frames it has.

    Raises:
        ValueError: no frames.
    """
    if not len(film):
        raise Refusal("there is no strip to save as a film; run an experiment that makes one")

    def made(levels: int, count: int, zoom: int, pictures: int) -> bytes:
        frames = list(film.frames(count, zoom, pictures))
        return encoded(frames, levels, FRAMES_PER_SECOND, film.title, ", ".join(film.names))

    return fitted(path, made, sizes_from(len(film), film.zoom, film.most), len(film))
