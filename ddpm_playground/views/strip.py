"""Pictures side by side, each column under its caption: a strip that can be looked at, as a PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..core.later import torch
from ..learn.data.pictures import tile, to_uint8
from .cloud import draw_cloud
from .film import CLOUD_PANEL, GAP, INK, PAPER

HEAD = 22  # px
COLUMN_SIDE = 112  # px that a picture is enlarged to, by whole numbers
MOST_ROWS = 8


def strip_png(columns: Sequence[tuple[str, torch.Tensor]], planar: bool = False) -> bytes:
    """A strip of pictures.

    Args:
        columns: caption and pictures of each column, (N,C,H,W) in −1…1, the first MOST_ROWS of which are shown.
        planar: whether each is N points in the plane, (N,2,1,1), which make one picture.
    """
    panels = [_panel(values, planar) for _, values in columns]
    width, height = panels[0].size
    sheet = Image.new("RGB", (len(panels) * (width + GAP) + GAP, HEAD + height + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for k, ((caption, _), panel) in enumerate(zip(columns, panels, strict=True)):
        left = GAP + k * (width + GAP)
        pen.text((left, 3), caption, INK, font)
        sheet.paste(panel, (left, HEAD))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _panel(values: torch.Tensor, planar: bool) -> Image.Image:
    if planar:
        return Image.fromarray(draw_cloud(values.float().flatten(1), CLOUD_PANEL))
    shown = Image.fromarray(tile(to_uint8(values[:MOST_ROWS].float()), 1))
    zoom = max(1, COLUMN_SIDE // shown.width)
    return shown.resize((shown.width * zoom, shown.height * zoom), Image.Resampling.NEAREST)
