"""Pictures and their classes: of IDX .gz files (torchvision's MNIST layout), or of a folder, see `picture_folder`."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

from ...core.later import torch
from ...core.phrase import Phrase, Refusal

IDX_NAMES = {"train": "train", "test": "t10k"}
MAX_SAMPLES = 1_000_000
# Modes of Pillow with more than 8 bits a pixel, as 16-bit PNG and TIFF files have.
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures and their classes.

    Attributes:
        images: (N,C,H,W) uint8.
        labels: (N,) int64; −1 where there are no classes.
        class_names: one name per class; empty where there are none.
        told: a sentence each about what was done to them on their way in.
    """

    images: torch.Tensor
    labels: torch.Tensor
    class_names: tuple[str, ...]
    told: tuple[Phrase, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Of the images and their labels."""
        digest = hashlib.sha256(self.images.numpy().tobytes())
        digest.update(self.labels.numpy().tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.images)

    def without_classes(self) -> Pictures:
        """The same pictures, whose classes are not looked at."""
        return replace(self, labels=torch.full_like(self.labels, -1), class_names=())

    def x_0(self, index: torch.Tensor | slice) -> torch.Tensor:
        """The chosen pictures as float32 in [−1, 1], (B,C,H,W)."""
        return to_x_0(self.images[index])


def to_x_0(images: torch.Tensor) -> torch.Tensor:
    """uint8 0…255 → float32 −1…1, as Ho et al. (2020), section 3.3, scale."""
    return images.float() / 127.5 - 1.0


def to_uint8(x_0: torch.Tensor) -> torch.Tensor:
    """float −1…1 → uint8 0…255, rounded and clipped."""
    return (x_0 * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def tile(images: torch.Tensor, columns: int) -> np.ndarray:
    """images (N,C,H,W) uint8 in rows of `columns`: (rows·H, columns·W) or (…, 3) uint8, gaps black."""
    N, C, H, W = images.shape
    rows = -(-N // columns)
    canvas = torch.zeros(rows * columns, C, H, W, dtype=torch.uint8)
    canvas[:N] = images
    grid = canvas.reshape(rows, columns, C, H, W).permute(0, 3, 1, 4, 2).reshape(rows * H, columns * W, C)
    return np.ascontiguousarray(grid.squeeze(-1).numpy())


def _read_idx(path: Path) -> np.ndarray:
    """An IDX file: magic 0, 0, 8 (uint8), number of dimensions, sizes (big-endian), then the bytes."""
    try:
        with gzip.open(path, "rb") as file:
            zero, kind, ndim = struct.unpack(">HBB", file.read(4))
            if zero or kind != 8 or not 1 <= ndim <= 4:
                raise Refusal("not an IDX file of bytes")
            shape = struct.unpack(f">{ndim}I", file.read(4 * ndim))
            size = math.prod(shape)
            if size > 2**31:
                raise Refusal("it claims {size} bytes, more than 2 GiB", size=size)
            data = file.read(size)
            if file.read(1):  # also has gzip compare its checksum
                raise Refusal("it goes on after its {size} bytes", size=size)
    except (OSError, EOFError, zlib.error, struct.error, ValueError) as error:
        raise Refusal("{name} cannot be read as IDX: {error}; download it again", name=path.name, error=error) from None
    if len(data) != size:
        raise Refusal(
            "{name} is cut short: {num_data} of {size} bytes; download it again",
            name=path.name,
            num_data=len(data),
            size=size,
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _idx_path(folder: Path, split: str, what: str) -> Path:
    return folder / f"{IDX_NAMES[split]}-{what}-ubyte.gz"


def _load_idx(folder: Path, split: str) -> Pictures:
    images = _read_idx(_idx_path(folder, split, "images-idx3"))
    labels = _read_idx(_idx_path(folder, split, "labels-idx1"))
    if images.ndim != 3 or labels.shape != images.shape[:1] or not len(images):
        raise Refusal(
            "{folder} holds images of shape {shape} and labels of shape {shape_2}; they must be (N, height, width) "
            "and (N,), N > 0",
            folder=folder,
            shape=images.shape,
            shape_2=labels.shape,
        )
    names = tuple(str(i) for i in range(int(labels.max()) + 1))
    return Pictures(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64)), names)


def in_8_bits(picture: Image.Image, mode: str) -> Image.Image:
    """The picture in `mode`; 16-bit greys are scaled to 8, not cut off."""
    if picture.mode in DEEP:
        picture = Image.fromarray((np.asarray(picture).astype(np.int64).clip(0, 65535) // 257).astype(np.uint8))
    return picture.convert(mode)


def load_pictures(folder: str | Path, split: str = "train", size: int = 0) -> Pictures:
    """The train or test split of a data folder.

    Args:
        folder: IDX .gz files named as torchvision's MNIST names them, or pictures, with one subfolder per class or
            without classes (under train/ and test/ if there are such folders).
        split: "train" or "test".
        size: side that each picture is scaled to and cut at its centre; 0 takes them as they are.

    Raises:
        ValueError: no such folder, nothing to read in it, or a file that is broken.
    """
    from .picture_folder import fitted, read_folder

    folder = Path(folder)
    if not folder.is_dir():
        raise Refusal("{folder} is not a folder; give the folder that holds the data", folder=folder)
    if _idx_path(folder, split, "images-idx3").exists():
        found = _load_idx(folder, split)
        if size and tuple(found.images.shape[2:]) != (size, size):
            scaled = [np.asarray(fitted(Image.fromarray(image), size)) for image in found.images[:, 0].numpy()]
            found = replace(found, images=torch.from_numpy(np.stack(scaled))[:, None])
        return found
    return read_folder(folder, split, size)


def has_split(folder: str | Path, split: str) -> bool:
    """Whether `load_pictures` has pictures of a split there: of pictures some are always held out, of IDX files not."""
    folder = Path(folder)
    others = [_idx_path(folder, other, "images-idx3") for other in IDX_NAMES if other != split]
    return _idx_path(folder, split, "images-idx3").exists() or not any(path.exists() for path in others)


@cache
def bundled_digits() -> Pictures:
    """The 1,000 held-out MNIST digits that come with the package: 100 of each class from the test set."""
    return _load_idx(Path(str(files("ddpm_playground") / "data" / "digits")), "test")
