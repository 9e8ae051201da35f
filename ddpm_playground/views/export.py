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
from .cloud import draw_cloud

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


def write_gif(path: Path, xs: Sequence[torch.Tensor], planar: bool = False, frames_per_second: float = 24.0) -> None:
    """x_T … x_0, each (N,C,H,W) in −1…1, as an animated GIF; long runs are thinned evenly, the end is held.

    If `planar`, each is N points in the plane, (N,2,1,1).

    Raises:
        ValueError: no frames.
    """
    if not xs:
        raise ValueError("there is no run to download yet; press Start first")
    chosen = np.unique(np.linspace(0, len(xs) - 1, min(len(xs), MAX_GIF_FRAMES)).round().astype(int))
    columns = columns_of(len(xs[0]))
    frames = (xs[i].float() for i in chosen)
    pixels = (draw_cloud(x.flatten(1)) if planar else tile(to_uint8(x), columns) for x in frames)
    pictures = [Image.fromarray(one) for one in pixels]
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
    planar: bool = False,
) -> None:
    """The run as numpy arrays.

    `t` (F,) int64, `x_t` (F,N,C,H,W) float16, `eps_hat` (F or F−1,N,C,H,W) float16 (x_0 has none), `labels`
    (N,) int64, `alpha_bars` (T+1,) float64, `recipe` JSON text; and of pictures `images` (N,H,W,C) uint8, the last x.
    """
    images = {} if planar else {"images": to_uint8(xs[-1].float()).permute(0, 2, 3, 1).numpy()}
    np.savez(
        path,
        allow_pickle=False,
        t=np.asarray(ts, np.int64),
        x_t=torch.stack(list(xs)).numpy(),
        eps_hat=torch.stack(list(eps_hats)).numpy(),
        labels=labels.numpy(),
        alpha_bars=alpha_bars.numpy(),
        **images,
        recipe=np.asarray(json.dumps(facts)),
    )
