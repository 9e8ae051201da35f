"""Whatever a pipeline's x is, as pictures: pixels as they are, latents by a named map, videos by two frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.later import torch
from ..core.phrase import Phrase
from ..learn.data.latent_maps import published
from ..learn.data.pictures import tile, to_uint8
from .film import columns_of

MOST_CHANNELS = 16
GREY_RANGE = 3.0  # of latents, that is black … white
WIDEST = 512  # px of a whole grid
MOST_PICTURES = 16


@dataclass(frozen=True, eq=False)
class TensorView:
    """How x of one shape is shown.

    Attributes:
        told: what the reader sees, as a sentence.
        pictures: x, (B,…) → pictures in −1…1, (N,1 or 3,H,W).
        columns: of the grid; None for about square.
    """

    told: str
    pictures: Callable[[torch.Tensor], torch.Tensor]
    columns: int | None = None

    def grid(self, x: np.ndarray, divided_by: float = 1.0) -> np.ndarray | None:
        """The pictures side by side, (H,W) or (H,W,3) uint8, at most WIDEST px wide; None where nothing is finite.

        Args:
            x: (B,…).
            divided_by: what x is divided by first, so that noise of any σ can be seen.
        """
        if not x.size or not np.isfinite(x).any():
            return None
        values = torch.from_numpy(np.nan_to_num(x / divided_by, nan=0.0, posinf=1.0, neginf=-1.0))
        shown = self.pictures(values)[:MOST_PICTURES]
        side = max(shown.shape[-2:])
        fitting = max(1, WIDEST // side) ** 2
        columns = self.columns
        if fitting < len(shown):
            shown = shown[: max(fitting, columns or 1)]
        shown = shown[..., :: max(1, math.ceil(side / WIDEST)), :: max(1, math.ceil(side / WIDEST))]
        return tile(to_uint8(shown.float()), columns or columns_of(len(shown)))


def view_of(
    shape: Sequence[int], *, latent: bool | None = None, frame_axis: int | None = None, latent_map: str | None = None
) -> TensorView:
    """How x of that shape is shown.

    Args:
        shape: of x, (B,…).
        latent: whether it is an autoencoder's latents; None where nothing tells.
        frame_axis: of a video, in x.
        latent_map: a key of LATENT_MAPS; None for Stable Diffusion 1's, where there are four channels.
    """
    if len(shape) == 5 and frame_axis is not None:
        return _video(shape, latent, frame_axis, latent_map)
    if len(shape) == 4 and shape[-1] * shape[-2] > 1:
        return _pictures(shape[1], latent, latent_map)
    if len(shape) == 3 and math.isqrt(shape[1]) ** 2 == shape[1] and shape[1] > 1:
        side = math.isqrt(shape[1])
        inner = _channels(shape[2])
        return TensorView(
            Phrase("tokens laid out {side} × {side}, {inner}", side=side, inner=inner.told),
            lambda x: inner.pictures(x.transpose(1, 2).reshape(len(x), -1, side, side)),
            inner.columns,
        )
    return TensorView(
        Phrase("{shape} numbers a picture, as one grey table", shape="×".join(map(str, shape[1:]))),
        lambda x: x.reshape(len(x), 1, -1, shape[-1]) / GREY_RANGE,
    )


def _video(shape: Sequence[int], latent: bool | None, frame_axis: int, latent_map: str | None) -> TensorView:
    channel_axis = 3 - frame_axis
    inner = _pictures(shape[channel_axis], latent, latent_map)
    first_middle = [0, shape[frame_axis] // 2]

    def pictures(x: torch.Tensor) -> torch.Tensor:
        frames = x.movedim(frame_axis, 1)  # (B,F,C,H,W)
        kept = frames[:, first_middle] if frames.shape[1] > max(first_middle) else frames[:, [0, -1]]
        return inner.pictures(kept.reshape(-1, *kept.shape[2:]))

    told = Phrase("the first frame of each video and its middle one, {inner}", inner=inner.told)
    return TensorView(told, pictures, inner.columns or 2)


def _pictures(channels: int, latent: bool | None, latent_map: str | None) -> TensorView:
    if channels == 1 and not latent:
        return TensorView("pixels, −1 … 1", lambda x: x)
    if channels == 3 and not latent:
        told = "pixels, −1 … 1" if latent is False else "taken for pixels, −1 … 1: no autoencoder is known here"
        return TensorView(told, lambda x: x)
    if channels == 4 and latent is not False:
        name = latent_map or "Stable Diffusion 1"
        taken = "latents" if latent else "taken for latents,"
        return TensorView(
            Phrase(
                "{taken} through {name}'s linear map of four channels to colours: no decoder", taken=taken, name=name
            ),
            published(name).colours,
        )
    return _channels(channels)


def _channels(channels: int) -> TensorView:
    count = min(channels, MOST_CHANNELS)
    return TensorView(
        Phrase("{count} of {channels} channels, each as grey, −3 … 3", count=count, channels=channels),
        lambda x: x[:, :count].reshape(-1, 1, *x.shape[2:]) / GREY_RANGE,
        math.ceil(math.sqrt(count)),
    )
