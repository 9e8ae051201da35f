"""Pictures that a reader brings: bundled digits by their number, or files, at the size of a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional as F

from ..core.phrase import Phrase, Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.data.pictures import bundled_digits
from ..views.picture import SIZES, read_picture

MOST_PICTURES = 64


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """Pictures at a network's size.

    Attributes:
        x_0: (N,C,H,W) float32 in [−1, 1].
        labels: class of each as its source has it, (N,) int64; −1 where it has none.
        names: what each was asked for as.
        told: a sentence each about what was done to them; of a file that is given twice, once.
    """

    x_0: torch.Tensor
    labels: torch.Tensor
    names: tuple[str, ...]
    told: tuple[Phrase, ...] = ()

    def __len__(self) -> int:
        return len(self.x_0)


def read_pictures(text: str, checkpoint: Checkpoint) -> OwnPictures:
    """The pictures that a text names: numbers of bundled digits and files, with commas between.

    A file is scaled so that it covers the network's size and is cut at its centre; transparent places are white. A
    text of digits alone is a number: write ./7 for a file that is called 7.

    Args:
        text: "12", "3,14,159", "cat.png", or both mixed.
        checkpoint: whose size and channels are wanted.

    Raises:
        ValueError: no such digit or file, too many, or a network that such pictures do not fit.
    """
    if checkpoint.is_planar:
        raise Refusal("this network makes points in the plane, not pictures; choose a checkpoint of pictures")
    checkpoint.check_plain()
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
    return OwnPictures(torch.cat(x_0), torch.tensor(labels), tuple(parts), tuple(dict.fromkeys(told)))


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
    if C not in (1, 3):
        raise Refusal(
            "this network's pictures have {channels} channels, files have 1 or 3; choose another checkpoint", channels=C
        )
    if not path.is_file():
        raise Refusal(
            "there is no picture {path}; give a file, or the number of a bundled digit, 0 to {most}",
            path=str(path)[:200], most=len(bundled_digits()) - 1,
        )  # fmt: skip
    x_0 = at_size(path, (H, W), "grey" if C == 1 else "keep")
    told.append(Phrase("{name} is shown to the network at {width}×{height}", name=path.name, width=W, height=H))
    return x_0.expand(1, C, H, W).contiguous()


def at_size(path: Path, size: tuple[int, int], colour: str) -> torch.Tensor:
    """A picture file's x_0 at (H,W), (1,C,H,W), C 1 or 3: see `read_picture`, of whose square the middle is taken.

    Raises:
        ValueError: as `read_picture`.
    """
    H, W = size
    side = max(H, W)
    x_0 = read_picture(path, max(SIZES[0], min(SIZES[1], side)), colour)[None]
    if x_0.shape[2] != side:
        x_0 = F.interpolate(x_0, size=(side, side), mode="bicubic", antialias=True).clamp(-1.0, 1.0)
    top, left = (side - H) // 2, (side - W) // 2
    return x_0[:, :, top : top + H, left : left + W]
