"""A sheet of samples beside their nearest pictures: the sample, the nearest by pixels, the nearest by features."""

import numpy as np
from PIL import Image, ImageDraw

from .neighbours import Comparison, Neighbours
from .sample_file import GivenSamples

MOST = 120
SIDE, GAP, CAPTION, COLUMNS, WIDEST = 56, 4, 14, 4, 256
GROUND, INK, WARNING = (255, 255, 255), (40, 40, 40), (176, 32, 32)


def by_percentile(comparison: Comparison) -> list[int]:
    """The samples, those nearest to the data first."""
    found = comparison.pixels
    return sorted(range(len(comparison)), key=lambda i: (found.percentile[i], found.nearest.distance[i], i))


def neighbour_sheet(samples: GivenSamples, comparison: Comparison) -> Image.Image:
    """The MOST samples that are nearest to the data, in groups: the sample and its neighbours; below each, how near."""
    order = by_percentile(comparison)[:MOST]
    spaces: list[Neighbours] = [comparison.pixels, *([comparison.features] if comparison.features else [])]
    H, W = samples.images.shape[2:]
    factor = max(1, SIDE // max(H, W)) if max(H, W) <= WIDEST else WIDEST / max(H, W)
    wide, high = max(1, round(W * factor)), max(1, round(H * factor))
    cell = (max(wide, 84) + GAP, high + CAPTION + GAP)
    per_group = 1 + len(spaces)
    columns = min(COLUMNS, len(order))
    rows = -(-len(order) // columns)
    group = (per_group * cell[0] + 3 * GAP, cell[1] + 2 * GAP)
    sheet = Image.new("RGB", (columns * group[0] + 3 * GAP, rows * group[1] + CAPTION + 3 * GAP), GROUND)
    draw = ImageDraw.Draw(sheet)
    for place in range(columns):
        for k, head in enumerate(("sample", "by pixels", "by features")[:per_group]):
            draw.text((3 * GAP + place * group[0] + k * cell[0], GAP), head, INK)
    for place, i in enumerate(order):
        left, top = 3 * GAP + place % columns * group[0], CAPTION + 2 * GAP + place // columns * group[1]
        sheet.paste(_picture(samples.images[i].numpy(), wide, high), (left, top))
        draw.text((left, top + high), f"#{i}", INK)
        for k, space in enumerate(spaces, 1):
            found, percentile = space.nearest, space.percentile[i]
            index = int(found.index[i])
            at = (left + k * cell[0], top)
            sheet.paste(_picture(comparison.data.images[index].numpy(), wide, high), at)
            told = f"{found.distance[i]:.2f}  {percentile:.1f} %"
            draw.text((at[0], top + high), told, WARNING if percentile < 1.0 else INK)
    return sheet


def _picture(image: np.ndarray, wide: int, high: int) -> Image.Image:
    """image (C,H,W) uint8 in the size of the sheet; of other channels than 1 and 3 the first alone."""
    shown = image.transpose(1, 2, 0) if len(image) == 3 else image[0]
    return Image.fromarray(np.ascontiguousarray(shown)).convert("RGB").resize((wide, high), Image.Resampling.NEAREST)
