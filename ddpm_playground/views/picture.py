"""The user's own picture as x_0: any raster file, whatever its mode, size or state, without trusting it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ..core.checks import one_of, whole_number
from ..core.later import torch
from ..core.phrase import PhrasedError, Refusal

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000
SIZES = (8, 512)
COLOURS = ("keep", "grey")
# Shrinking is by whole-pixel averages down to this many times the wanted size, then by Lanczos: as sharp as
# Lanczos on the whole, at a fraction of the memory.
OVERSAMPLING = 4
BAND_PIXELS = 2**20
EXIF_ORIENTATION = 0x0112
# EPS is left out: Pillow would start Ghostscript on a stranger's program.
REFUSED_FORMATS = {"EPS"}
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_picture(path: str | Path, size: int, colour: str = "keep") -> torch.Tensor:
    """x_0 from a picture file: upright, on white, centre-cropped to a square, shrunk or grown to `size`.

    Integers of more than 8 bits keep their precision: 16-bit pictures are scaled from 0…65535, floats from
    0…1, and wider ones from their own lowest…highest value. Of an animation the first frame counts.

    Args:
        path: a file that Pillow reads, at most 64 MiB and 64 megapixels.
        size: height and width wanted, 8…512 pixels.
        colour: "keep" (3 channels, or 1 if the picture is grey) or "grey" (1 channel).

    Returns:
        x_0, (C, size, size) float32 in [−1, 1].

    Raises:
        ValueError: size or colour not allowed; a file that is missing, empty, too large, or no whole picture.
    """
    whole_number("the picture's size", size, *SIZES)
    one_of("the colour", colour, COLOURS)
    path = Path(path)
    _check_file(path)
    square = _decoded_square(path, size)
    if colour == "grey" and square.mode == "RGB":
        square = square.convert("L")
    x_0 = np.asarray(square, np.float32) / np.float32(127.5) - np.float32(1.0)
    x_0 = x_0[None] if x_0.ndim == 2 else np.moveaxis(x_0, -1, 0)
    if len(x_0) == 3 and (x_0[0] == x_0[1]).all() and (x_0[0] == x_0[2]).all():
        x_0 = x_0[:1]
    return torch.from_numpy(np.ascontiguousarray(x_0)).clamp_(-1.0, 1.0)


def _check_file(path: Path) -> None:
    try:
        num_bytes = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise Refusal(
            "the picture {name} cannot be opened: {strerror}; choose it again", name=path.name, strerror=error.strerror
        ) from None
    if not num_bytes:
        raise Refusal("the picture {name} is empty (0 bytes); choose another file", name=path.name)
    if num_bytes > MAX_BYTES:
        raise Refusal(
            "the picture {name} has {num_bytes} MiB, at most {most} are read; save it smaller, or as JPEG",
            name=path.name,
            num_bytes=f"{num_bytes / 2**20:.0f}",
            most=MAX_BYTES >> 20,
        )
    if b"<svg" in start.lower() or (start.lstrip().startswith(b"<?xml") and path.suffix.lower() == ".svg"):
        raise Refusal("the picture {name} is an SVG drawing, which has no pixels; export it as PNG", name=path.name)


def _decoded_square(path: Path, size: int) -> Image.Image:
    """The upright centre square at size × size, mode RGB or F (grey, 0…255)."""
    try:
        with _opened(path) as picture:
            _check_pixels(path, picture.size)
            # JPEG can leave out detail while it decodes, by up to 8 in each direction.
            picture.draft(None, (OVERSAMPLING * size, OVERSAMPLING * size))
            picture.load()
            # Some formats know their true size only now.
            _check_pixels(path, picture.size)
            square = _shrunk_square(picture, size).resize((size, size), Image.Resampling.LANCZOS)
            orientation = _orientation(picture)
    except _RefusedError as refused:
        raise Refusal(refused.phrase) from None
    except MemoryError:
        raise Refusal("the picture {name} does not fit into memory; save it smaller", name=path.name) from None
    except Exception as error:  # decoders raise whatever the broken bytes lead them to: SyntaxError, IndexError, …
        reason = str(error).replace(str(path), path.name) or type(error).__name__
        raise Refusal(
            "the picture {name} is broken, cut short, or of a kind that cannot be read ({reason}); open it elsewhere "
            "and save it as PNG or JPEG",
            name=path.name,
            reason=reason,
        ) from None
    return square.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else square


class _RefusedError(PhrasedError):
    """A picture that is readable but not wanted; its text is for the user."""


def _opened(path: Path) -> Image.Image:
    Image.init()
    try:
        return Image.open(path, formats=[name for name in Image.ID if name not in REFUSED_FORMATS])
    except Image.UnidentifiedImageError:
        raise _RefusedError(
            "{name} is not a picture that can be read, whatever its name says; choose a PNG, JPEG, GIF, WebP, BMP or "
            "TIFF file",
            name=path.name,
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(path, "far too many") from None


def _too_many(path: Path, found: str) -> _RefusedError:
    return _RefusedError(
        "the picture {name} has {found} pixels, at most {most} million are read; save it smaller",
        name=path.name,
        found=found,
        most=MAX_PIXELS // 10**6,
    )


def _check_pixels(path: Path, pixels: tuple[int, int]) -> None:
    width, height = pixels
    if width < 1 or height < 1:
        raise _RefusedError(
            "the picture {name} has no pixels ({width} × {height}); choose another file",
            name=path.name,
            width=width,
            height=height,
        )
    if width * height > MAX_PIXELS:
        raise _too_many(path, f"{width} × {height}")


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) if there is none that can be read."""
    try:
        return int(picture.getexif().get(EXIF_ORIENTATION, 1))
    except Exception:  # a damaged note about the picture is no reason to refuse the picture
        return 1


def _shrunk_square(picture: Image.Image, size: int) -> Image.Image:
    """The centre square, shrunk by a whole number to at least OVERSAMPLING · size where it is larger.

    Band by band, so that a 64-megapixel picture never stands in memory twice.
    """
    width, height = picture.size
    side = min(width, height)
    factor = max(1, side // (OVERSAMPLING * size))
    side -= side % factor
    left, top = (width - side) // 2, (height - side) // 2
    rows = max(factor, BAND_PIXELS // side // factor * factor)
    black, white = _value_range(picture)
    out: Image.Image | None = None
    for row in range(0, side, rows):
        band = picture.crop((left, top + row, left + side, top + min(row + rows, side)))
        band = _plain(band, black, white).reduce(factor)
        if out is None:
            out = Image.new(band.mode, (side // factor, side // factor))
        out.paste(band, (0, row // factor))
    assert out is not None
    return out


def _is_deep(picture: Image.Image) -> bool:
    return picture.mode.startswith("I") or picture.mode == "F"


def _value_range(picture: Image.Image) -> tuple[float, float]:
    """The values that are black and white, for modes of more than 8 bits."""
    if picture.mode.startswith("I;16"):
        return 0.0, 65535.0
    if not _is_deep(picture):
        return 0.0, 255.0
    low, high = picture.getextrema()
    usual = 1.0 if picture.mode == "F" else 65535.0
    if not np.isfinite([low, high]).all():  # type: ignore[arg-type]
        raise OSError("some of its values are not numbers")
    return (0.0, usual) if low >= 0 and high <= usual else (float(low), float(high))  # type: ignore[operator,arg-type]


def _plain(band: Image.Image, black: float, white: float) -> Image.Image:
    """A band as RGB, or as F in 0…255 for modes of more than 8 bits; transparency laid on white."""
    if _is_deep(band):
        grey = (np.asarray(band, np.float32) - black) / max(white - black, 1e-30) * 255.0
        if not np.isfinite(grey).all():
            raise OSError("some of its values are not numbers")
        return Image.fromarray(grey.astype(np.float32))
    if band.has_transparency_data:
        band = band.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", band.size, "white"), band).convert("RGB")
    return band.convert("RGB")
