"""What a network is shown beside x_t, in channels of its own: a small picture to enlarge, a picture with a hole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...bridge.driven_sampler import DrivenSampler
from ...core import Sampler, Sampling
from ...core.phrase import Phrase, Refusal
from ...core.plain_words import reason_of

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

MAX_SIDE = 8192
MODES = {1: "L", 3: "RGB"}  # channels → how a picture is read


def condition_channels(checkpoint: Checkpoint) -> int:
    """How many channels its network takes beside those of x_t, behind them; 0 for most."""
    return max(0, checkpoint.unet.config["in_channels"] - checkpoint.unet.config["out_channels"])


def check_condition(checkpoint: Checkpoint, sampler: Sampler, sampling: Sampling) -> None:
    """Refuse a chain whose network lacks its condition, or would be shown it otherwise than it was trained.

    Raises:
        ValueError: which, and what to do.
    """
    channels = condition_channels(checkpoint)
    if not channels:
        return
    if checkpoint.condition is None:
        raise Refusal(
            "this network draws pictures that belong to another one, which it is shown in {channels} channels beside "
            "x_t; give that one, a picture or an .npz of (H,W,{channels}): on the command line sample --condition "
            "FILE, in Python pg.reverse(…, condition=FILE)",
            channels=channels,
        )
    if isinstance(sampler, DrivenSampler) and sampler.scales(checkpoint.schedule, sampling):
        raise Refusal(
            "{name} scales what the network is shown, and programs differ in whether they scale the condition too; "
            "choose a scheduler that does not, such as DDIMScheduler, or ddpm",
            name=sampler.class_name,
        )


def with_condition(checkpoint: Checkpoint, path: Path) -> tuple[Checkpoint, tuple[Phrase, ...]]:
    """The checkpoint with what stands in a file beside its x_t, and what was done to it; see `read_condition`."""
    condition, told = read_condition(path, checkpoint)
    return replace(checkpoint, condition=condition), told


def read_condition(path: Path, checkpoint: Checkpoint) -> tuple[torch.Tensor, tuple[Phrase, ...]]:
    """What stands in a file, as the network is shown it, (1,C,H,W) in [−1, 1], and what was done to it.

    Of another size it is brought to that of x_t as diffusers' UnCLIPPipeline does: bicubic, smoothed where it shrinks.

    Args:
        path: a picture (grey or colour), or .npy or .npz of one array (H,W,C): uint8, or floats in [−1, 1].
        checkpoint: whose network is shown it.

    Raises:
        ValueError: the network takes none, or the file holds no such array.
    """
    channels = condition_channels(checkpoint)
    if not channels:
        raise Refusal("this network is shown nothing beside x_t; leave the condition out")
    x = torch.from_numpy(_array(path, channels)).permute(2, 0, 1)[None].contiguous()
    size = checkpoint.image_shape[1:]
    return _fitted(x, size), tuple(_told(path, x, size))


def _fitted(x: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    if tuple(x.shape[2:]) == size:
        return x
    return torch.nn.functional.interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)


def _told(path: Path, x: torch.Tensor, size: tuple[int, ...]) -> Iterator[Phrase]:
    if tuple(x.shape[2:]) != size:
        yield Phrase(
            "{name} of {height}×{width} is brought to {height_2}×{width_2}, bicubic, as UnCLIPPipeline does",
            name=path.name, height=x.shape[2], width=x.shape[3], height_2=size[0], width_2=size[1],
        )  # fmt: skip


def _array(path: Path, channels: int) -> np.ndarray:
    """(H,W,C) float32 in [−1, 1]."""
    try:
        values = _numbers(path) if path.suffix.lower() in (".npz", ".npy") else _picture(path, channels)
    except Refusal:
        raise
    except Exception as error:  # whatever a broken file makes numpy or PIL raise
        told = reason_of(error) if isinstance(error, OSError) else " ".join(str(error).split())[:200]
        raise Refusal(
            "{name} cannot be read as a condition: {error}; give a picture, or .npy or .npz of one array",
            name=path.name,
            error=told,
        ) from None
    if values.ndim != 3 or values.shape[2] != channels or not 0 < max(values.shape[:2]) <= MAX_SIDE or not values.size:
        raise Refusal(
            "a condition of this network must be (H,W,{channels}), {name} is {shape}; give its channels in the order "
            "in which it was trained with them",
            channels=channels,
            name=path.name,
            shape=tuple(values.shape),
        )
    real = values.dtype.kind == "f" or values.dtype == np.uint8
    x = values.astype(np.float32) if real else np.full(1, np.nan)
    x = x / 127.5 - 1 if values.dtype == np.uint8 else x
    if not np.isfinite(x).all() or np.abs(x).max() > 1:
        raise Refusal("{name} must hold uint8, or floats in [−1, 1]; scale it", name=path.name)
    return x


def _numbers(path: Path) -> np.ndarray:
    found = np.load(path, allow_pickle=False)
    if isinstance(found, np.ndarray):
        return found
    with found:
        if len(found.files) != 1:
            raise Refusal(
                "{name} must hold one array (H,W,C), it has {known}; save one alone",
                name=path.name, known=", ".join(found.files[:8]) or "none",
            )  # fmt: skip
        return found[found.files[0]]


def _picture(path: Path, channels: int) -> np.ndarray:
    from PIL import Image

    from ..data.pictures import in_8_bits

    if channels not in MODES:
        raise Refusal(
            "{channels} channels are no picture's; give .npy or .npz of (H,W,{channels}) in the order in which the "
            "network was trained with them",
            channels=channels,
        )
    with Image.open(path) as image:
        if max(image.size) > MAX_SIDE:
            raise Refusal(
                "{name} has a side of more than {most} pixels; make it smaller", name=path.name, most=MAX_SIDE
            )
        pixels = np.asarray(in_8_bits(image, MODES[channels]))
    return pixels[..., None] if pixels.ndim == 2 else pixels
