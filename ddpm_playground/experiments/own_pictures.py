"""Pictures that a reader brings: bundled digits by their number, or files, at the size of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from ..core.phrase import Phrase, Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.data.pictures import bundled_digits, in_8_bits, to_x_0

MOST_PICTURES, MOST_SIDE = 64, 8192
MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """Pictures at a network's size.

    Attributes:
        x_0: (N,C,H,W) float32 in [−1, 1].
        labels: class of each as its source has it, (N,) int64; −1 where it has none.
        names: what each was asked for as.
        told: a sentence each about what was done to them.
    """

    x_0: torch.Tensor
    labels: torch.Tensor
    names: tuple[str, ...]
    told: tuple[Phrase, ...] = ()

    def __len__(self) -> int:
        return len(self.x_0)


def read_pictures(text: str, checkpoint: Checkpoint) -> OwnPictures:
    """The pictures that a text names: numbers of bundled digits and files, with commas between.

    A file is scaled so that it covers the network's size and is cut at its centre, as `train --size` does; transparent
    places are black. A text of digits alone is a number: write ./7 for a file that is called 7.

    Args:
        text: "12", "3,14,159", "cat.png", or both mixed.
        checkpoint: whose size and channels are wanted.

    Raises:
        ValueError: no such digit or file, too many, or a network that such pictures do not fit.
    """
    if checkpoint.is_planar:
        raise Refusal("this network makes points in the plane, not pictures; choose a checkpoint of pictures")
    parts = [text] if Path(text).is_file() else [part.strip() for part in text.split(",") if part.strip()]
    if not 1 <= len(parts) <= MOST_PICTURES:
        raise Refusal("give 1 to {most} pictures, with commas between, got {got}", most=MOST_PICTURES, got=len(parts))
    x_0, labels, told = [], [], []
    for part in parts:
        if re.fullmatch(r"[+-]?\d+", part):
            picture, label = _digit(part, checkpoint)
        else:
            picture, label = _file(Path(part), checkpoint, told), -1
        x_0.append(picture)
        labels.append(label if label < len(checkpoint.class_names) else -1)
    return OwnPictures(torch.cat(x_0), torch.tensor(labels), tuple(parts), tuple(told))


def _digit(text: str, checkpoint: Checkpoint) -> tuple[torch.Tensor, int]:
    """A bundled digit, (1,1,28,28), and what it is."""
    digits = bundled_digits()
    index = int(text) if len(text) < 10 else -1
    if not 0 <= index < len(digits):
        raise Refusal(
            "the bundled digits are numbered 0 to {most}, got {got}; pick one of these, or write ./{got} for a file",
            most=len(digits) - 1, got=text[:20],
        )  # fmt: skip
    own = tuple(digits.images.shape[1:])
    if own != checkpoint.image_shape:
        raise Refusal(
            "the bundled digits are {own}, this network's pictures {shape} (channels, height, width); give a picture "
            "file, which is brought to that size",
            own="×".join(map(str, own)), shape="×".join(map(str, checkpoint.image_shape)),
        )  # fmt: skip
    return digits.x_0(slice(index, index + 1)), int(digits.labels[index])


def _file(path: Path, checkpoint: Checkpoint, told: list[Phrase]) -> torch.Tensor:
    C, H, W = checkpoint.image_shape
    if C not in MODES:
        raise Refusal(
            "this network's pictures have {channels} channels, files have 1 or 3; choose another checkpoint", channels=C
        )
    pixels, done = opened(path, MODES[C], (H, W))
    told.extend(done)
    images = torch.from_numpy(pixels)
    images = images[None, None] if images.ndim == 2 else images.permute(2, 0, 1)[None]
    return to_x_0(images.contiguous())


def opened(path: Path, mode: str, size: tuple[int, int]) -> tuple[np.ndarray, list[Phrase]]:
    """A picture file in `mode` at (H,W), uint8 (H,W) or (H,W,3), and what was done to it.

    Raises:
        ValueError: no file, or none that holds a picture.
    """
    if not path.is_file():
        raise Refusal(
            "there is no picture {path}; give a file, or the number of a bundled digit, 0 to {most}",
            path=str(path)[:200], most=len(bundled_digits()) - 1,
        )  # fmt: skip
    try:
        with Image.open(path) as picture:
            if max(picture.size) > MOST_SIDE:
                raise Refusal(
                    "{name} has a side of more than {most} pixels; make it smaller", name=path.name, most=MOST_SIDE
                )
            plain = in_8_bits(_opaque(ImageOps.exif_transpose(picture)), mode)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal("{path} cannot be read as a picture: {error}; replace it", path=path.name, error=error) from None
    H, W = size
    return np.asarray(_fitted(plain, (W, H))), list(_done(path, plain.size, (W, H)))


def _opaque(picture: Image.Image) -> Image.Image:
    """On black where it is transparent."""
    if picture.mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if "A" not in picture.getbands():
        return picture
    ground = Image.new("RGBA", picture.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _done(path: Path, size: tuple[int, int], wanted: tuple[int, int]) -> Iterator[Phrase]:
    if size != wanted:
        yield Phrase(
            "{name} of {width}×{height} pixels is brought to {width_2}×{height_2}, and cut where its shape is another",
            name=path.name, width=size[0], height=size[1], width_2=wanted[0], height_2=wanted[1],
        )  # fmt: skip
