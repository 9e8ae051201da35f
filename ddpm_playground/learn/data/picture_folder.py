"""Folders of pictures as people have them: with classes or without, of one size or of many, grey and colour mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ...core.later import torch
from ...core.phrase import Phrase, Refusal
from .pictures import DEEP, IDX_NAMES, Pictures, in_8_bits

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
MAX_FOLDER_IMAGES = 500_000
MAX_BYTES = 64 * 2**30  # of all pictures together, which are held in memory
# What the held-out pictures' folder is called; the first that is there.
SPLITS = {"train": ("train",), "test": ("test", "val", "valid", "validation")}
HELD_OUT = 20  # where there is no folder of held-out pictures, one in so many is held out


def read_folder(folder: Path, split: str, size: int = 0) -> Pictures:
    """The pictures of a split: of DIR/train and DIR/test if these exist, else of DIR, every 20th picture held out.

    Subfolders with pictures are classes; pictures that lie in the folder itself have none.

    Raises:
        ValueError: no pictures, too many, pictures that cannot be read, or of several sizes while `size` is 0.
    """
    root, parted = _root(folder, split)
    classes, found = _found(root)
    if not parted:
        found = [entry for i, entry in enumerate(found) if (i % HELD_OUT == 0) == (split == "test")]
    if not found:
        raise Refusal(
            "{folder} holds neither {idx_names}-images-idx3-ubyte.gz nor class folders with pictures, nor pictures of "
            "its own; give a folder of IDX .gz files, or of images, with one subfolder per class or without classes",
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
    seen = Seen(folder, size, len(found))
    arrays = seen.alike([seen.read(path) for path, _ in found])
    images = torch.from_numpy(np.stack(arrays))
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return Pictures(images, torch.tensor([label for _, label in found]), classes, tuple(seen.told()))


def _root(folder: Path, split: str) -> tuple[Path, bool]:
    """Where the pictures of a split lie, and whether those of the other split lie elsewhere."""
    there = {name: [p for each in SPLITS[name] if (p := folder / each).is_dir()] for name in SPLITS}
    if there["train"] and not there["test"]:
        return there["train"][0], False
    return (there[split][0], True) if there[split] else (folder, False)


def _found(root: Path) -> tuple[tuple[str, ...], list[tuple[Path, int]]]:
    """Names of the classes, and each picture with the number of its own; −1 where there are none."""
    folders = [c for c in sorted(root.iterdir()) if c.is_dir() and not c.name.startswith(".")]
    by_class = {c.name: pictures for c in folders if (pictures := _pictures_in(c))}
    if not by_class:
        return (), [(path, -1) for path in _pictures_in(root)]
    return tuple(by_class), [(path, label) for label, own in enumerate(by_class.values()) for path in own]


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith("."))


def fitted(picture: Image.Image, size: int) -> Image.Image:
    """A picture scaled to size × size, what is longer on one side cut off at both ends."""
    return ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)


@dataclass
class Seen:
    """Reads pictures of one folder, and notes what is done to them.

    Attributes:
        folder: of all.
        size: side that they are scaled to; 0 for as they are.
        count: how many there will be.
        first: shape of the first one, (H,W) or (H,W,3).
        clear: how many have transparent places.
        scaled: how many were scaled.
        coloured: how many are not grey.
    """

    folder: Path
    size: int
    count: int
    first: tuple[int, ...] = ()
    clear: int = 0
    scaled: int = 0
    coloured: int = 0

    def read(self, path: Path) -> np.ndarray:
        """One picture in 8 bits, (H,W) if it is grey, else (H,W,3)."""
        try:
            with Image.open(path) as picture:
                array = self._array(picture)
        except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise Refusal(
                "{path} cannot be read as a picture: {error}; remove or replace it", path=path, error=error
            ) from None
        if not self.first:
            self.first = array.shape
            self._check_memory(array.nbytes)
        if array.shape[:2] != self.first[:2]:
            raise Refusal(
                "{path} has shape {shape}, the first picture {shape_2}; give --size, which scales and cuts them alike",
                path=path,
                shape=array.shape,
                shape_2=self.first,
            )
        self.coloured += array.ndim == 3
        return array

    def _array(self, picture: Image.Image) -> np.ndarray:
        if picture.mode == "P" and "transparency" in picture.info:
            picture = picture.convert("RGBA")
        if "A" in picture.getbands():
            self.clear += bool((np.asarray(picture.getchannel("A")) < 255).any())
        plain = in_8_bits(picture, "L" if picture.mode in ("1", "L", *DEEP) else "RGB")
        if self.size:
            plain = ImageOps.exif_transpose(plain)
            if plain.size != (self.size, self.size):
                plain, self.scaled = fitted(plain, self.size), self.scaled + 1
        return np.asarray(plain)

    def _check_memory(self, each: int) -> None:
        if each * self.count > MAX_BYTES:
            raise Refusal(
                "the {count} pictures of {folder} need {needed} GiB of memory, at most {most} GiB are given; use "
                "fewer, or a smaller --size",
                count=self.count,
                folder=self.folder,
                needed=f"{each * self.count / 2**30:,.0f}",
                most=MAX_BYTES // 2**30,
            )

    def alike(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """All in colour where one is."""
        if not 0 < self.coloured < self.count:
            return arrays
        return [array if array.ndim == 3 else np.repeat(array[:, :, None], 3, 2) for array in arrays]

    def told(self) -> Iterator[Phrase]:
        """A sentence each about what was done."""
        if 0 < self.coloured < self.count:
            yield Phrase(
                "{grey} of the {count} pictures are grey and the others in colour: all are taken as colour",
                grey=self.count - self.coloured,
                count=self.count,
            )
        if self.clear:
            yield Phrase(
                "{clear} of the {count} pictures have transparent places, of which the colour beneath is taken",
                clear=self.clear,
                count=self.count,
            )
        if self.scaled:
            yield Phrase(
                "{scaled} of the {count} pictures are scaled to {size}×{size} and cut at their centre",
                scaled=self.scaled,
                count=self.count,
                size=self.size,
            )
