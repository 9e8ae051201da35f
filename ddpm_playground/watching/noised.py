"""`forward`: a picture noised to chosen t, with its pictures."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..core import Schedule, SeededNoise, q_sample
from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..learn.data.pictures import to_x_0
from ..recipe import MAX_SEED
from ..views.picture import SIZES, read_picture
from ..views.tensor_picture import view_of
from .frames import data_url
from .named import read_anything

FILE_SIDE = 64  # px of a picture that is read from a file
SHOWN_T = 8
MOST_CHANNELS = 4  # an axis that is longer is none of colours, if the last one can be


class Forward:
    """x_t ~ q(x_t | x_0) at several t, with one noise for all of them (Ho et al. 2020, eq. 4).

    Attributes:
        schedule: the noise schedule.
        ts: t of each, the paper's, 0…T.
        x_0: (B,C,H,W) float32 in −1…1.
        eps: (B,C,H,W) float32.
        x_t: (K,B,C,H,W) float32.
    """

    def __init__(self, schedule: Schedule, x_0: torch.Tensor, ts: Sequence[int], seed: int) -> None:
        self.schedule, self.ts = schedule, tuple(ts)
        noise = SeededNoise(seed, range(len(x_0)), x_0.shape[1:])()
        x_t = torch.stack([q_sample(schedule, x_0, t, noise) for t in self.ts])
        self.x_0, self.eps, self.x_t = x_0.numpy(), noise.numpy(), x_t.float().numpy()

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.x_0.shape))
        return f"<x_t of {self.schedule.name} at t = {', '.join(map(str, self.ts))}; x_0 {shape}>"

    def _repr_html_(self) -> str:
        view = view_of(self.x_0.shape, latent=None if self.x_0.shape[1] == 4 else False)
        figures = []
        for t, x_t in zip(self.ts, self.x_t, strict=True):
            signal, noise = float(self.schedule.alpha_bars[t]) ** 0.5, float(1 - self.schedule.alpha_bars[t]) ** 0.5
            grid = view.grid(x_t)
            source = "" if grid is None else data_url(grid)
            figures.append(
                f'<figure style="margin:0"><img src="{source}" alt="x_t at t = {t}" '
                f'style="width:112px;image-rendering:pixelated"><figcaption>t = {t}<br>'
                f"<small>{signal:.3f} x<sub>0</sub> + {noise:.3f} ε</small></figcaption></figure>"
            )
        name = html.escape(self.schedule.name)
        return f'<div><b>{name}</b><div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(figures)}</div></div>'


def forward(x_0: Any, t: int | Sequence[int] | None = None, schedule: Any = "linear", seed: int = 0) -> Forward:
    """Noise a picture to any t in one step.

    Args:
        x_0: float numbers in −1…1 or uint8 ones in 0…255, as tensor or array, (H,W), (C,H,W) or (B,C,H,W), or with 1
            or 3 colours last, as Pillow and pipelines have them; a Pillow picture; or a picture's file, which is cut
            to a square of 64 pixels.
        t: one t or several, 0…T; eight between 0 and T where left out.
        schedule: see `named.read_anything`.
        seed: of ε; picture i depends on the seed and i alone.

    Raises:
        ValueError: no picture, numbers outside −1…1, a t outside 0…T, or no schedule.
    """
    read = read_anything(schedule).schedule
    whole_number("seed", seed, 0, MAX_SEED)
    chosen = np.linspace(0, read.T, SHOWN_T).round().astype(int).tolist() if t is None else t
    ts = [whole_number("t", int(one) if isinstance(one, np.integer) else one, 0, read.T)
          for one in ([chosen] if isinstance(chosen, int) else chosen)]  # fmt: skip
    return Forward(read, _picture(x_0), ts, seed)


def _picture(given: Any) -> torch.Tensor:
    """x_0, (B,C,H,W) float32."""
    if isinstance(given, (str, Path)):
        return read_picture(given, FILE_SIDE)[None]
    if isinstance(given, Image.Image):
        if max(given.size) > SIZES[1]:
            raise Refusal("the picture has sides of up to {most} pixels, got {got}; resize it first",
                          most=SIZES[1], got="×".join(map(str, given.size)))  # fmt: skip
        given = np.array(given if given.mode == "L" else given.convert("RGB"))
        given = given if given.ndim == 2 else np.moveaxis(given, -1, 0)
    try:
        x = torch.as_tensor(given).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise Refusal("x_0 must be a picture, as numbers, a Pillow picture or a file, got {got}; give one of these",
                      got=type(given).__name__) from None  # fmt: skip
    if x.ndim not in (2, 3, 4) or not x.numel():
        raise Refusal("x_0 must be (H,W), (C,H,W) or (B,C,H,W), got {got}; reshape it", got=tuple(x.shape))
    x = _colours_first(x)
    x = to_x_0(x) if x.dtype is torch.uint8 else x.float()
    if not bool(torch.isfinite(x).all()) or float(x.abs().max()) > 1.0 + 1e-4:
        raise Refusal(
            "x_0 must be numbers in −1 … 1 (or uint8), got {low} … {high}; scale it first",
            low=f"{float(x.min()):.4g}", high=f"{float(x.max()):.4g}",
        )  # fmt: skip
    return x[(None,) * (4 - x.ndim)]


def _colours_first(x: torch.Tensor) -> torch.Tensor:
    """(…,C,H,W) of (…,H,W,C), where the last axis alone can be one of colours."""
    if x.ndim > 2 and x.shape[-1] in (1, 3) and x.shape[-3] > MOST_CHANNELS:
        return x.movedim(-1, -3).contiguous()
    return x
