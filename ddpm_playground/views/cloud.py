"""Points in the plane as pixels, for films that are saved."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..core.later import torch

CLOUD_SIDE, CLOUD_REACH = 480, 3.0
PAPER, AXIS, POINT = 255, 200, 40
OVERSAMPLING = 2  # drawn larger and averaged, so that points have smooth edges


def draw_cloud(points: torch.Tensor, side: int = CLOUD_SIDE) -> np.ndarray:
    """Points (N,2) within ±CLOUD_REACH, x to the right and y up, on axes through 0; (side,side) uint8.

    What lies beyond, or is not finite, is left out.
    """
    side = side * OVERSAMPLING
    picture = Image.new("L", (side, side), PAPER)
    pen, radius = ImageDraw.Draw(picture), 2.5 * OVERSAMPLING
    for line in ([(0, side / 2), (side, side / 2)], [(side / 2, 0), (side / 2, side)]):
        pen.line(line, AXIS, OVERSAMPLING)
    inside = points[(points.abs() <= CLOUD_REACH).all(1)]
    for x, y in ((inside * torch.tensor([1.0, -1.0]) / CLOUD_REACH + 1) * side / 2).tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), POINT)
    return np.asarray(picture.reduce(OVERSAMPLING))
