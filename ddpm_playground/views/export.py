"""A run as a file: GIF to look at, npz to compute with."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..learn.data import tile, to_uint8

MAX_GIF_FRAMES = 150
MAX_GIF_SIDE = 640


def png_url(pixels: np.ndarray) -> str:
    """A picture, (H,W) or (H,W,3) uint8, as a data: URL."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def columns_of(count: int) -> int:
    """Columns of a grid of `count` pictures: tens for whole tens, else about square."""
    return 10 if count % 10 == 0 else max(1, round((1.2 * count) ** 0.5))


def write_gif(path: Path, xs: Sequence[torch.Tensor], frames_per_second: float = 24.0) -> None:
    """x_T … x_0, each (N,C,H,W) in −1…1, as an animated GIF; long runs are thinned evenly, the end is held.

    Raises:
        ValueError: no frames.
    """
    if not xs:
        raise ValueError("there is no run to download yet; press Start first")
    chosen = np.unique(np.linspace(0, len(xs) - 1, min(len(xs), MAX_GIF_FRAMES)).round().astype(int))
    columns = columns_of(len(xs[0]))
    pictures = [Image.fromarray(tile(to_uint8(xs[i].float()), columns)) for i in chosen]
    zoom = max(1, MAX_GIF_SIDE // max(pictures[0].size))
    size = (pictures[0].width * zoom, pictures[0].height * zoom)
    pictures = [picture.resize(size, Image.Resampling.NEAREST) for picture in pictures]
    durations = [round(1000 / frames_per_second / 10) * 10] * len(pictures)
    durations[-1] = 2000
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=False)


def write_npz(
    path: Path,
    ts: Sequence[int],
    xs: Sequence[torch.Tensor],
    eps_hats: Sequence[torch.Tensor],
    labels: torch.Tensor,
    alpha_bars: torch.Tensor,
    facts: dict[str, object],
) -> None:
    """The run as numpy arrays.

    `t` (F,) int64, `x_t` (F,N,C,H,W) float16, `eps_hat` (F or F−1,N,C,H,W) float16 (x_0 has none), `labels`
    (N,) int64, `alpha_bars` (T+1,) float64, `images` (N,H,W,C) uint8 (the last x), `recipe` JSON text.
    """
    last = to_uint8(xs[-1].float()).permute(0, 2, 3, 1).numpy()
    np.savez(
        path,
        t=np.asarray(ts, np.int64),
        x_t=torch.stack(list(xs)).numpy(),
        eps_hat=torch.stack(list(eps_hats)).numpy(),
        labels=labels.numpy(),
        alpha_bars=alpha_bars.numpy(),
        images=last,
        recipe=np.asarray(json.dumps(facts)),
    )
