"""A run as a file to compute with; views.film has what is looked at."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..core.later import torch
from ..learn.data.pictures import to_uint8


def png_url(pixels: np.ndarray) -> str:
    """A picture, (H,W) or (H,W,3) uint8, as a data: URL."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def write_npz(
    path: Path,
    ts: Sequence[int],
    xs: Sequence[torch.Tensor],
    eps_hats: Sequence[torch.Tensor],
    labels: torch.Tensor,
    alpha_bars: torch.Tensor,
    facts: dict[str, object],
    planar: bool = False,
    x_0: torch.Tensor | None = None,
    pictures: torch.Tensor | None = None,
) -> None:
    """The run as numpy arrays.

    `t` (F,) int64, `x_t` (F,N,C,H,W) float16, `eps_hat` (F or F−1,N,C,H,W) float16 (x_0 has none), `labels`
    (N,) int64, `alpha_bars` (T+1,) float64, `recipe` JSON text; and of pictures `images` (N,H,W,C) uint8, the last x.
    Where the frames have every second or fourth row and column alone (`grain` in the recipe), `x_0` (N,C,H,W) float16
    and `images` have them all. Of latents `images` are `pictures`, (N,C,H,W) in −1…1.
    """
    last = xs[-1] if x_0 is None else x_0
    shown = last.float() if pictures is None else pictures
    images = {} if planar else {"images": to_uint8(shown).permute(0, 2, 3, 1).numpy()}
    if x_0 is not None:
        images["x_0"] = x_0.numpy()
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
