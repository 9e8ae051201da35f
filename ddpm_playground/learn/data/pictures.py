"""Labelled pictures: a folder of IDX .gz files (torchvision's MNIST layout), or one subfolder per class."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ...core.later import torch
from ...core.phrase import Refusal

IDX_NAMES = {"train": "train", "test": "t10k"}
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
MAX_FOLDER_IMAGES = 500_000
MAX_SAMPLES = 1_000_000
# Modes of Pillow with more than 8 bits a pixel, as 16-bit PNG and TIFF files have.
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Labelled pictures: images (N,C,H,W) uint8, labels (N,) int64, one name per class."""

    images: torch.Tensor
    labels: torch.Tensor
    class_names: tuple[str, ...]

    @cached_property
    def sha256(self) -> str:
        """Of the images and their labels."""
        digest = hashlib.sha256(self.images.numpy().tobytes())
        digest.update(self.labels.numpy().tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.images)

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


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)


def in_8_bits(picture: Image.Image, mode: str) -> Image.Image:
    """The picture in `mode`; 16-bit greys are scaled to 8, not cut off."""
    if picture.mode in DEEP:
        return Image.fromarray((np.asarray(picture).astype(np.int64).clip(0, 65535) // 257).astype(np.uint8))
    return picture.convert(mode)


def _load_folders(folder: Path, split: str) -> Pictures:
    """Class folders under DIR/train and DIR/test if these exist, else under DIR, every 20th picture held out."""
    root = folder / split if (folder / split).is_dir() else folder
    by_class = {c: _pictures_in(c) for c in sorted(root.iterdir()) if c.is_dir() and not c.name.startswith(".")}
    classes = [c for c, pictures in by_class.items() if pictures]
    found = [(p, label) for label, c in enumerate(classes) for p in by_class[c]]
    if root == folder:
        found = [entry for i, entry in enumerate(found) if (i % 20 == 0) == (split == "test")]
    if not found:
        raise Refusal(
            "{folder} holds neither {idx_names}-images-idx3-ubyte.gz nor class folders with pictures; give a folder "
            "of IDX .gz files or of images with one subfolder per class",
            folder=folder,
            idx_names=IDX_NAMES[split],
        )
    if len(found) > MAX_FOLDER_IMAGES:
        raise Refusal(
            "{folder} holds {num_found} pictures, at most {most} fit; use fewer",
            folder=folder,
            num_found=len(found),
            most=MAX_FOLDER_IMAGES,
        )
    arrays = _arrays([path for path, _ in found])
    images = torch.from_numpy(np.stack(arrays))
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return Pictures(images, torch.tensor([label for _, label in found]), tuple(c.name for c in classes))


def _arrays(paths: list[Path]) -> list[np.ndarray]:
    """Pictures in 8 bits, of one shape."""
    arrays: list[np.ndarray] = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                array = np.asarray(in_8_bits(picture, "L" if picture.mode in ("1", "L", *DEEP) else "RGB"))
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise Refusal(
                "{path} cannot be read as a picture: {error}; remove or replace it", path=path, error=error
            ) from None
        if arrays and array.shape != arrays[0].shape:
            raise Refusal(
                "{path} has shape {shape}, the first picture {shape_2}; make them alike",
                path=path,
                shape=array.shape,
                shape_2=arrays[0].shape,
            )
        arrays.append(array)
    return arrays


def load_pictures(folder: str | Path, split: str = "train") -> Pictures:
    """The train or test split of a data folder.

    Args:
        folder: IDX .gz files named as torchvision's MNIST names them, or images with one subfolder per
            class (under train/ and test/ if there are such folders).
        split: "train" or "test".

    Raises:
        ValueError: no such folder, nothing to read in it, or a file that is broken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise Refusal("{folder} is not a folder; give the folder that holds the data", folder=folder)
    if _idx_path(folder, split, "images-idx3").exists():
        return _load_idx(folder, split)
    return _load_folders(folder, split)


@cache
def bundled_digits() -> Pictures:
    """The 1,000 held-out MNIST digits that come with the package: 100 of each class from the test set."""
    return _load_idx(Path(str(files("ddpm_playground") / "data" / "digits")), "test")
