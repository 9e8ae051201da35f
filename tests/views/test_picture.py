"""A user's own picture becomes x_0, whatever its mode, or is refused in a sentence."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ddpm_playground.views.picture import MAX_PIXELS, read_picture

RNG = np.random.default_rng(0)
RED = (200, 30, 40)


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def levels(x_0: torch.Tensor) -> torch.Tensor:
    """x_0 back as 0…255."""
    return x_0 * 127.5 + 127.5


def colour_of(x_0: torch.Tensor) -> list[int]:
    return [round(v) for v in levels(x_0).mean((1, 2)).tolist()]


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "tga"])
def test_a_picture_of_the_wanted_size_keeps_every_pixel(tmp_path: Path, suffix: str) -> None:
    pixels = RNG.integers(0, 256, (28, 28, 3), dtype=np.uint8)
    x_0 = read_picture(saved(tmp_path / f"p.{suffix}", Image.fromarray(pixels)), 28)
    assert x_0.shape == (3, 28, 28) and x_0.dtype == torch.float32 and x_0.is_contiguous()
    torch.testing.assert_close(levels(x_0), torch.from_numpy(pixels).permute(2, 0, 1).float(), atol=1e-4, rtol=0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    size=st.integers(8, 64),
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"]),
)
def test_any_mode_and_size_gives_x_0_in_range(tmp_path: Path, width: int, height: int, size: int, mode: str) -> None:
    noise = Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8))
    picture = noise.convert("L").convert(mode) if mode in ("I;16", "I", "F") else noise.convert(mode)
    x_0 = read_picture(saved(tmp_path / "p.tiff", picture), size)
    assert x_0.shape[0] in (1, 3) and x_0.shape[1:] == (size, size)
    assert torch.isfinite(x_0).all() and x_0.min() >= -1 and x_0.max() <= 1


@pytest.mark.parametrize("width,height", [(90, 30), (30, 90), (31, 200)])
def test_the_centre_square_is_taken(tmp_path: Path, width: int, height: int) -> None:
    picture = Image.new("RGB", (width, height), "blue")
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    picture.paste(RED, (left, top, left + side, top + side))
    x_0 = read_picture(saved(tmp_path / "p.png", picture), 16)
    assert levels(x_0).std((1, 2)).max() < 1e-3 and colour_of(x_0) == list(RED)


@pytest.mark.parametrize("side,size", [(300, 8), (517, 28), (1000, 100)])
def test_shrinking_keeps_the_mean_and_a_ramp(tmp_path: Path, side: int, size: int) -> None:
    ramp = np.tile(np.linspace(0, 255, side), (side, 1)).astype(np.uint8)
    x_0 = levels(read_picture(saved(tmp_path / "p.png", Image.fromarray(ramp)), size))
    expected = (torch.arange(size) + 0.5) / size * 255
    inner = slice(1, -1)  # the outermost columns see only one side of the ramp
    torch.testing.assert_close(x_0[0].mean(0)[inner], expected[inner], atol=2.0, rtol=0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
def test_exif_rotation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = Image.new("RGB", (64, 64), "black")
    upright.paste("red", (0, 0, 32, 32))
    upright.paste((0, 255, 0), (32, 0, 64, 32))
    upright.paste("blue", (0, 32, 32, 64))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Transpose that undoes each orientation
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation in back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if suffix == "jpg" else {}
    x_0 = read_picture(saved(tmp_path / f"p.{suffix}", stored, exif=exif, **options), 64)
    corners = levels(x_0)[:, [8, 8, 56, 56], [8, 56, 8, 56]]
    expected = torch.tensor([[255.0, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0]])
    torch.testing.assert_close(corners, expected, atol=12.0, rtol=0)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (20, 20), (*RED, 0))
    assert colour_of(read_picture(saved(tmp_path / "clear.png", clear), 20)) == [255]
    half = Image.new("RGBA", (20, 20), (0, 0, 0, 128))
    assert colour_of(read_picture(saved(tmp_path / "half.png", half), 20)) == [127]
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([0, 0, 0, *RED])
    gif = saved(tmp_path / "p.gif", palette, transparency=1)
    assert colour_of(read_picture(gif, 20)) == [255]
    grey = Image.new("LA", (20, 20), (100, 0))
    assert colour_of(read_picture(saved(tmp_path / "la.png", grey), 20)) == [255]


@pytest.mark.parametrize("array,expected", [
    (np.full((20, 20), 65535, np.uint16), 255.0),
    (np.full((20, 20), 300, np.uint16), 300 / 257),
    (np.full((20, 20), 0.5, np.float32), 127.5),
    (np.full((20, 20), 65535 // 3, np.int32), 85.0),
])  # fmt: skip
def test_16_bits_keep_their_range_and_precision(tmp_path: Path, array: np.ndarray, expected: float) -> None:
    x_0 = read_picture(saved(tmp_path / "p.tiff", Image.fromarray(array)), 20)
    assert x_0.shape[0] == 1
    torch.testing.assert_close(levels(x_0), torch.full_like(x_0, expected), atol=1e-3, rtol=0)


def test_wide_values_are_scaled_from_lowest_to_highest(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(-7.0, 3000.0, 28, dtype=np.float32), (28, 1))
    x_0 = read_picture(saved(tmp_path / "p.tiff", Image.fromarray(ramp)), 28)
    torch.testing.assert_close(x_0[0, 0], torch.linspace(-1, 1, 28), atol=1e-5, rtol=0)


def test_a_16_bit_png_is_not_clipped_to_white(tmp_path: Path) -> None:
    ramp = np.tile((np.arange(28) * 2400).astype(np.uint16), (28, 1))
    x_0 = read_picture(saved(tmp_path / "p.png", Image.fromarray(ramp)), 28)
    torch.testing.assert_close(levels(x_0)[0, 3], torch.arange(28) * (2400 / 257), atol=1e-3, rtol=0)


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), c) for c in (RED, "blue", "green")]
    for suffix in ("gif", "webp"):
        options = {"lossless": True} if suffix == "webp" else {}
        path = saved(tmp_path / f"p.{suffix}", frames[0], save_all=True, append_images=frames[1:], **options)
        assert colour_of(read_picture(path, 16)) == list(RED)


def test_cmyk_and_grey_and_one_pixel(tmp_path: Path) -> None:
    cmyk = saved(tmp_path / "p.jpg", Image.new("CMYK", (20, 20), (0, 255, 255, 0)), quality=95)
    torch.testing.assert_close(levels(read_picture(cmyk, 20)).mean((1, 2)), torch.tensor([255.0, 0, 0]), atol=6, rtol=0)
    assert read_picture(cmyk, 20, "grey").shape == (1, 20, 20)
    assert read_picture(saved(tmp_path / "g.png", Image.new("RGB", (9, 9), (7, 7, 7))), 8).shape == (1, 8, 8)
    dot = read_picture(saved(tmp_path / "dot.png", Image.new("RGB", (1, 1), RED)), 28)
    assert dot.shape == (3, 28, 28) and colour_of(dot) == list(RED)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 99))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


def whole_png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("name,content,says", [
    ("empty.png", b"", "empty"),
    ("text.png", b"This is a shopping list, not a picture.\n" * 9, "not a picture"),
    ("drawing.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "SVG"),
    ("cut.png", whole_png()[:2000], "cut short"),
    ("noise.jpg", b"\xff\xd8\xff\xe0" + RNG.bytes(4000), "picture"),
    ("claims.png", png_header(50, 50), "cut short"),
    ("large.png", png_header(8001, 8000), "64 million"),
    ("bomb.png", png_header(20_000, 20_000), "64 million"),
    ("postscript.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not a picture"),
])  # fmt: skip
def test_what_is_no_whole_picture_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=says) as caught:
        read_picture(tmp_path / name, 28)
    assert name in str(caught.value) and str(tmp_path) not in str(caught.value)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_never_end_in_another_error(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "TGA", "PCX"]))
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file, kind)
    content = bytearray(file.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=12)):
        content[place] = data.draw(st.integers(0, 255))
    (tmp_path / "p").write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        assert torch.isfinite(read_picture(tmp_path / "p", 28)).all()
    except ValueError as error:
        assert "p" in str(error) and len(str(error)) > 30


def test_missing_files_wrong_sizes_and_colours_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "p.png", Image.new("L", (9, 9)))
    with pytest.raises(ValueError, match="cannot be opened"):
        read_picture(tmp_path / "nowhere.png", 28)
    for size in (7, 513, 28.0, True, "28"):
        with pytest.raises(ValueError, match="size must be"):
            read_picture(path, size)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="colour must be"):
        read_picture(path, 28, "sepia")


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "p.bmp").open("wb") as file:
        file.write(b"BM")
        file.truncate(65 * 2**20)
    with pytest.raises(ValueError, match="65 MiB, at most 64"):
        read_picture(tmp_path / "p.bmp", 28)


MEASURE = """
import resource, sys
from ddpm_playground.views.picture import read_picture
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
x_0 = read_picture(sys.argv[1], 256)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, *x_0.shape)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix,most_mib", [("jpg", 60), ("png", 130)])
def test_a_large_picture_stands_in_memory_once_at_most(tmp_path: Path, suffix: str, most_mib: int) -> None:
    side = 5000
    assert side * side <= MAX_PIXELS
    options = {"compress_level": 1} if suffix == "png" else {}
    path = saved(tmp_path / f"p.{suffix}", Image.linear_gradient("L").resize((side, side)).convert("RGB"), **options)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    mib, *shape = map(int, done.stdout.split())
    assert shape[1:] == [256, 256] and mib < most_mib
