"""Samples from a file: pictures as `sample` writes them, or x_0 as floats."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...core.phrase import Refusal
from ...core.plain_words import reason_of
from ..data.pictures import to_uint8
from .noises import check_sizes

IMAGES, X_0 = "images", "x_0"
WRITTEN = "images (N,H,W,C) uint8, or x_0 (N,C,H,W) floats in [−1, 1]"
# How far from a level of 8 bits, in levels, float32 may leave a picture that was one: two roundings of numbers below 1.
LEVEL_ROUNDING = 127.5 * 3 * 2.0**-24


@dataclass(frozen=True, eq=False)
class GivenSamples:
    """Samples to be compared.

    Attributes:
        levels: (N,C,H,W) float64, 127.5 (x_0 + 1): the 256 levels of 8 bits are whole numbers, and so exact.
        images: (N,C,H,W) uint8, the same rounded.
        key: which array of the file they are.
        name: of the file.
    """

    levels: torch.Tensor
    images: torch.Tensor
    key: str
    name: str

    def __len__(self) -> int:
        return len(self.images)


def samples_from_images(images: np.ndarray, name: str = "the samples") -> GivenSamples:
    """Samples of images (N,H,W,C) uint8."""
    chosen = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).contiguous()
    return GivenSamples(chosen.double(), chosen, IMAGES, name)


def samples_from_x_0(x_0: np.ndarray, name: str = "the samples") -> GivenSamples:
    """Samples of x_0 (N,C,H,W) float; one that is a picture of 8 bits up to float32's rounding is that picture."""
    levels = torch.from_numpy(np.ascontiguousarray(x_0, dtype=np.float64)) * 127.5 + 127.5
    nearest = levels.round()
    is_picture = ((levels - nearest).abs() <= LEVEL_ROUNDING).flatten(1).all(1)
    is_picture &= ((nearest >= 0) & (nearest <= 255)).flatten(1).all(1)
    levels = torch.where(is_picture[:, None, None, None], nearest, levels)
    return GivenSamples(levels, to_uint8(levels / 127.5 - 1.0), X_0, name)


def read_sample_file(path: Path) -> GivenSamples:
    """The samples of an .npz file: its x_0 where it has one, else its images.

    Raises:
        ValueError: it cannot be read, has neither array, or the array is pickled, of another shape or kind, empty, or
            not finite.
    """
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise Refusal("{name} is one array; give an .npz file with {wanted}", name=path.name, wanted=WRITTEN)
            check_sizes(path)
            key = X_0 if X_0 in file.files else IMAGES
            if key not in file.files:
                raise Refusal(
                    "{name} has neither images nor x_0, only {known}; give an .npz file with {wanted}",
                    name=path.name,
                    known=", ".join(file.files[:8]) or "nothing",
                    wanted=WRITTEN,
                )
            values = file[key]
    except Refusal:
        raise
    except (ValueError, OSError, KeyError, zipfile.BadZipFile, EOFError) as error:
        pickled, is_zip = "pickle" in str(error).lower(), zipfile.is_zipfile(path)
        raise Refusal(
            "{name} cannot be read as samples: {error}; write it with numpy.savez, {wanted}",
            name=path.name,
            error=reason_of(error) if not pickled else "its arrays are pickled" if is_zip else "it is no .npz file",
            wanted=WRITTEN,
        ) from None
    return _checked(values, key, path.name)


def _checked(values: np.ndarray, key: str, name: str) -> GivenSamples:
    right = values.dtype == np.uint8 if key == IMAGES else values.dtype.kind == "f"
    if values.ndim != 4 or not right:
        raise Refusal(
            "{key} in {name} has shape {shape} and type {kind}; give {wanted}",
            key=key,
            name=name,
            shape=values.shape,
            kind=str(values.dtype)[:40],
            wanted=WRITTEN,
        )
    if not values.size:
        raise Refusal(
            "{key} in {name} has shape {shape}, which holds nothing; draw at least one sample",
            key=key,
            name=name,
            shape=values.shape,
        )
    if key == IMAGES:
        return samples_from_images(values, name)
    if not (np.abs(values) <= np.finfo(np.float32).max).all():  # NaN is not, either
        raise Refusal("{key} in {name} holds numbers that are not finite; draw it again", key=key, name=name)
    return samples_from_x_0(values, name)
