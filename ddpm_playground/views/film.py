"""A run as a film: x_t beside x̂_0, frame by frame, with t on each; as a GIF small enough for slides.

Noise does not compress, so frames, grey levels, enlargement and, last, pictures are given up until the file is small
enough; t never is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.later import torch
from ..core.phrase import Refusal
from ..learn.data.pictures import tile, to_uint8
from .cloud import draw_cloud

MAX_GIF_BYTES = 3_000_000
MAX_GIF_FRAMES = 150
FEWEST_FRAMES = 48  # before colours and size are given up
PANEL_SIDE = 256  # px that a panel is enlarged to, by whole numbers
WIDEST_PANEL = 320  # px; of more pictures than fit in, the first are shown
CLOUD_PANEL = 280  # px
LEVELS = (64, 16)  # greys, or colours, in all
GAP, HEAD, FOOT = 8, 30, 36  # px
PAPER, INK, FAINT = (255, 255, 255), (24, 28, 36), (205, 210, 218)
END_MS = 2000


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
    """

    ts: Sequence[float]
    xs: Sequence[torch.Tensor]
    x_hat_0: Callable[[int], torch.Tensor | None]
    planar: bool = False
    ending: str = ""
    told: Sequence[str] = ()

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
    data, count = b"", 0
    for levels, count, zoom, pictures in _sizes(film):
        data = _encoded(list(_frames(film, count, zoom, pictures)), levels, frames_per_second)
        if len(data) <= MAX_GIF_BYTES:
            break
    path.write_bytes(data)
    return count


def _sizes(film: Film) -> Iterator[tuple[int, int, int, int]]:
    """Grey levels, frames, enlargement and number of pictures to try, from the finest on."""
    most, pictures = min(len(film), MAX_GIF_FRAMES), _shown(film)
    zoom = 1 if film.planar else max(1, PANEL_SIDE // max(_grid(film, pictures)))
    few = min(most, FEWEST_FRAMES)
    counts = sorted({count for count in (most, 2 * most // 3, most // 2) if count > few} | {few}, reverse=True)
    yield from ((LEVELS[0], count, zoom, pictures) for count in counts)
    yield LEVELS[1], few, zoom, pictures
    yield from ((LEVELS[1], few, smaller, pictures) for smaller in range(zoom - 1, 0, -1))
    while few > 2 or pictures > 1:
        few, pictures = (3 * few // 4, pictures) if few > 16 else (max(2, few - 4), max(1, pictures // 2))
        yield LEVELS[1], few, 1, pictures


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
        yield _laid_out(panels, told, _way(film, i), ending)


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
    pixels = Image.fromarray(tile(to_uint8(values[:pictures].float()), columns_of(pictures)))
    return pixels.resize((pixels.width * zoom, pixels.height * zoom), Image.Resampling.NEAREST)


def _laid_out(panels: Sequence[Image.Image | None], told: str, way: float, ending: str) -> Image.Image:
    """x_t at the left, x̂_0 at the right, their symbols above, t and its way from the first t to 0 beneath."""
    left = panels[0]
    assert left is not None
    width, height = max(left.width, 150), left.height
    sheet = Image.new("RGB", (2 * width + 3 * GAP, HEAD + height + FOOT), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for k, panel in enumerate(panels):
        x = GAP + k * (width + GAP)
        _symbol(pen, (x, 5), "t" if k == 0 else "0", hat=k == 1)
        if panel is None:
            pen.rectangle((x, HEAD, x + left.width - 1, HEAD + height - 1), outline=FAINT)
            pen.line((x, HEAD + height, x + left.width, HEAD), FAINT)
        else:
            sheet.paste(panel, (x, HEAD))
    top = HEAD + height + 6
    pen.text((GAP, top), f"{told}{f'   {ending}' if ending else ''}", INK, font)
    long = sheet.width - 2 * GAP
    pen.rectangle((GAP, sheet.height - 5, GAP + long, sheet.height - 3), FAINT)
    pen.rectangle((GAP, sheet.height - 5, GAP + long * min(max(way, 0.0), 1.0), sheet.height - 3), INK)
    return sheet


def _symbol(pen: ImageDraw.ImageDraw, at: tuple[int, int], below: str, hat: bool) -> None:
    """x with its subscript, and a hat drawn above it: Pillow's own font has no combining marks."""
    x, y = at
    pen.text((x, y), "x", INK, ImageFont.load_default(20))
    pen.text((x + 11, y + 9), below, INK, ImageFont.load_default(13))
    if hat:
        pen.line([(x + 2, y + 5), (x + 5, y + 1), (x + 8, y + 5)], INK, 1)


def _encoded(frames: Sequence[Image.Image], levels: int, frames_per_second: float) -> bytes:
    """A GIF of `levels` colours, the same in all frames; the end is held."""
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
        comment=f"x_t beside x̂_0, {len(frames)} frames".encode(),
    )  # fmt: skip
    return out.getvalue()
