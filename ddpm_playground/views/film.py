"""A run as a film: x_t beside x̂_0, frame by frame, with t on each; as a GIF small enough for slides.

Noise does not compress, so grey levels, enlargement, frames and, last, pictures are given up until the file is small
enough; t never is, nor is what made the run.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.later import torch
from ..core.phrase import Refusal
from ..learn.data.pictures import tile, to_uint8
from .cloud import draw_cloud

MAX_GIF_BYTES = 3_000_000
MAX_GIF_FRAMES = 150
FEWEST_FRAMES = 48  # before size is given up; half of them before pictures are no longer enlarged
PANEL_SIDE = 512  # px that a panel is enlarged to, by whole numbers
WIDEST_PANEL = 320  # px; of more pictures than fit in, the first are shown
CLOUD_PANEL = 480  # px
LEVELS = (64, 32, 16)  # greys, or colours, in all
GAP, HEAD, FOOT, TITLE = 8, 30, 36, 20  # px
LARGE = 300, 1.4  # from so wide a panel on, words are so much larger
HOPE = 1.05  # a size is tried unless it is known to take more than so much of what is allowed
SMALLEST_TITLE = 10  # px of its letters; what is longer still is cut
PAPER, INK, FAINT = (255, 255, 255), (24, 28, 36), (205, 210, 218)
END_MS = 2000
ABOUT = "x_t beside x̂_0"


@dataclass(frozen=True, eq=False)
class Film:
    """What a run has kept.

    Attributes:
        ts: t of each frame.
        xs: x_t of each frame, (N,C,H,W) in −1…1 where they are pictures.
        x_hat_0: x̂_0 of frame i, of the same shape; None where ε̂ says nothing about it.
        planar: whether each is N points in the plane, (N,2,1,1).
        ending: what the last frame says besides its t, such as "stopped".
        told: what each frame says in the stead of its t; empty for "t = …".
        title: one line that every frame has, such as what made the run; empty for none.
        colours: how latents (N,C,H,W) become pictures; None where they are some.
    """

    ts: Sequence[float]
    xs: Sequence[torch.Tensor]
    x_hat_0: Callable[[int], torch.Tensor | None]
    planar: bool = False
    ending: str = ""
    told: Sequence[str] = ()
    title: str = ""
    colours: Callable[[torch.Tensor], torch.Tensor] | None = None

    def __len__(self) -> int:
        return len(self.ts)


def columns_of(count: int) -> int:
    """Columns of a grid of `count` pictures: tens for whole tens, else about square."""
    return 10 if count % 10 == 0 else max(1, round((1.2 * count) ** 0.5))


def write_gif(path: Path, film: Film, frames_per_second: float = 24.0) -> int:
    """The film as an animated GIF of at most MAX_GIF_BYTES; its first and last frame are always there.

    Returns:
        How many frames it has.

    Raises:
        ValueError: no frames.
    """
    if not len(film):
        raise Refusal("there is no run to download yet; press Start first")

    def made(levels: int, count: int, zoom: int, pictures: int) -> bytes:
        frames = list(_frames(film, count, zoom, pictures))
        return encoded(frames, levels, frames_per_second, film.title, ABOUT)

    return fitted(path, made, _sizes(film), len(film))


def fitted(path: Path, made: Callable[[int, int, int, int], bytes], sizes: Iterable[Size], most: int) -> int:
    """Writes the first GIF that is small enough, and says how many frames it has.

    Args:
        path: of the file.
        made: the GIF of so many grey levels, frames, so large and of so many pictures.
        sizes: what to try, from the largest on.
        most: how many frames there are.
    """
    data, tried = b"", Size(0, 0, 0, 0)
    for size in sizes:
        if data and len(data) * size.bits / tried.bits > HOPE * MAX_GIF_BYTES:
            continue
        data, tried = made(*size), size
        if len(data) <= MAX_GIF_BYTES:
            break
    # Where there is much room left, more frames.
    more = min(most, MAX_GIF_FRAMES, int(0.95 * tried.count * MAX_GIF_BYTES / len(data)))
    if more >= 1.2 * tried.count and len(fuller := made(*tried._replace(count=more))) <= MAX_GIF_BYTES:
        return path.write_bytes(fuller) and more
    path.write_bytes(data)
    return tried.count


class Size(NamedTuple):
    """Grey levels, frames, enlargement and number of pictures."""

    levels: int
    count: int
    zoom: int
    pictures: int

    @property
    def bits(self) -> float:
        """In proportion to what a file of this size takes, about."""
        return math.log2(self.levels) * self.count * self.zoom**2 * self.pictures


def _sizes(film: Film) -> Iterator[Size]:
    pictures = _shown(film)
    zoom = 1 if film.planar else max(1, PANEL_SIDE // max(_grid(film, pictures)))
    return sizes_from(len(film), zoom, pictures)


def sizes_from(count: int, zoom: int, pictures: int) -> Iterator[Size]:
    """What to try, from the largest on; that pictures are enlarged at least twice is kept for long."""
    few = min(count, MAX_GIF_FRAMES, FEWEST_FRAMES)
    least = min(zoom, 2)
    while zoom >= least:
        yield from (Size(levels, few, zoom, pictures) for levels in LEVELS[:2])
        zoom = min(zoom - 1, max(least, 4 * zoom // 5))
    counts = sorted({few, 2 * few // 3, few // 2} - {0}, reverse=True)
    yield from (Size(LEVELS[-1], count, least, pictures) for count in counts)
    if least > 1:
        yield from (Size(levels, few, 1, pictures) for levels in LEVELS)
    while few > 2 or pictures > 1:
        few, pictures = (3 * few // 4, pictures) if few > 16 else (max(2, few - 4), max(1, pictures // 2))
        yield Size(LEVELS[-1], few, 1, pictures)


def _shown(film: Film) -> int:
    """How many pictures fit into the widest panel; one always does."""
    count = len(film.xs[0])
    while not film.planar and count > 1 and max(_grid(film, count)) > WIDEST_PANEL:
        count -= 1
    return count


def _grid(film: Film, count: int) -> tuple[int, int]:
    H, W = film.xs[0].shape[-2:]
    columns = columns_of(count)
    return -(-count // columns) * H, columns * W


def film_frames(film: Film, count: int) -> Iterator[Image.Image]:
    """`count` frames as pictures, as large as they are in the largest GIF."""
    _, _, zoom, pictures = next(_sizes(film))
    yield from _frames(film, count, zoom, pictures)


def _frames(film: Film, count: int, zoom: int, pictures: int) -> Iterator[Image.Image]:
    """`count` frames, evenly chosen, both ends among them."""
    for i in np.unique(np.linspace(0, len(film) - 1, count).round().astype(int)).tolist():
        panels = [_panel(film, values, zoom, pictures) for values in (film.xs[i], film.x_hat_0(i))]
        ending = film.ending if i == len(film) - 1 else ""
        told = str(film.told[i]) if film.told else f"t = {film.ts[i]}"
        yield _laid_out(panels, told, _way(film, i), ending, film.title)


def _way(film: Film, i: int) -> float:
    """How much of the way to 0, or of its frames where it goes elsewhere, lies behind frame i, 0…1."""
    if film.ts[0] <= 0 or max(film.ts) > film.ts[0]:
        return i / max(1, len(film) - 1)
    return 1 - film.ts[i] / film.ts[0]


def _panel(film: Film, values: torch.Tensor | None, zoom: int, pictures: int) -> Image.Image | None:
    if values is None:
        return None
    if film.planar:
        return Image.fromarray(draw_cloud(values.float().flatten(1), CLOUD_PANEL))
    shown = values[:pictures].float()
    shown = shown if film.colours is None else film.colours(shown)
    pixels = Image.fromarray(tile(to_uint8(shown), columns_of(pictures)))
    return pixels.resize((pixels.width * zoom, pixels.height * zoom), Image.Resampling.NEAREST)


def _laid_out(panels: Sequence[Image.Image | None], told: str, way: float, ending: str, title: str = "") -> Image.Image:
    """x_t at the left, x̂_0 at the right, their symbols above, t and its way from the first t to 0 beneath.

    The title stands over all.
    """
    left = panels[0]
    assert left is not None
    width, height = max(left.width, 150), left.height
    times = LARGE[1] if width >= LARGE[0] else 1.0
    above, foot = round(TITLE * times) if title else 0, round(FOOT * times)
    head = above + round(HEAD * times)
    sheet = Image.new("RGB", (2 * width + 3 * GAP, head + height + foot), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(18 * times)
    long = sheet.width - 2 * GAP
    if title:
        fitting_line(pen, (GAP, round(4 * times)), title, long, 13 * times)
    for k, panel in enumerate(panels):
        x = GAP + k * (width + GAP)
        symbol(pen, (x, above + 5), "t" if k == 0 else "0", hat=k == 1, times=times)
        if panel is None:
            pen.rectangle((x, head, x + left.width - 1, head + height - 1), outline=FAINT)
            pen.line((x, head + height, x + left.width, head), FAINT)
        else:
            sheet.paste(panel, (x, head))
    pen.text((GAP, head + height + 6), f"{told}{f'   {ending}' if ending else ''}", INK, font)
    pen.rectangle((GAP, sheet.height - 5, GAP + long, sheet.height - 3), FAINT)
    pen.rectangle((GAP, sheet.height - 5, GAP + long * min(max(way, 0.0), 1.0), sheet.height - 3), INK)
    return sheet


def fitting_line(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: float, size: float) -> None:
    """A line as large as fits into the width, down to what can be read; then it is cut."""
    while size > SMALLEST_TITLE and pen.textlength(text, ImageFont.load_default(size)) > width:
        size -= 1
    font, shown = ImageFont.load_default(size), text
    while shown and pen.textlength(shown, font) > width:
        text = text[:-1]
        shown = f"{text.rstrip()}..."
    pen.text(at, shown, INK, font)


def symbol(pen: ImageDraw.ImageDraw, at: tuple[int, int], below: str, hat: bool, times: float) -> None:
    """x with its subscript, and a hat drawn above it: Pillow's own font has no combining marks."""
    x, y = at
    pen.text((x, y), "x", INK, ImageFont.load_default(20 * times))
    pen.text((x + 11 * times, y + 9 * times), below, INK, ImageFont.load_default(13 * times))
    if hat:
        pen.line([(x + over * times, y + high * times) for over, high in ((2, 5), (5, 1), (8, 5))], INK, round(times))


def encoded(
    frames: Sequence[Image.Image], levels: int, frames_per_second: float, title: str = "", about: str = ""
) -> bytes:
    """A GIF of `levels` colours, the same in all frames; the end is held. Its comment says title and what it is."""
    # The film's own colours, from frames all along it.
    sample = Image.new("RGB", (frames[0].width, frames[0].height * min(5, len(frames))))
    for k, i in enumerate(np.linspace(0, len(frames) - 1, min(5, len(frames))).round().astype(int)):
        sample.paste(frames[i], (0, k * frames[0].height))
    palette = sample.quantize(levels, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [round(1000 / frames_per_second / 10) * 10] * len(reduced)
    durations[-1] = END_MS
    out = io.BytesIO()
    reduced[0].save(
        out, "GIF", save_all=True, append_images=reduced[1:], duration=durations, loop=0, optimize=False,
        comment=" · ".join(filter(None, (title, f"{about}, {len(frames)} frames"))).encode(),
    )  # fmt: skip
    return out.getvalue()
