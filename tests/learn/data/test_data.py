"""Data folders: what is read, how it is scaled, and what is refused."""

import gzip
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ddpm_playground.learn.data.pictures import bundled_digits, load_pictures, tile, to_uint8, to_x_0
from tests.conftest import write_idx

packed = partial(gzip.compress, mtime=0)  # without its time, so that a test has the same name in every process


def test_an_idx_folder(idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder(count=48, size=8, num_classes=3)
    train, test = load_pictures(folder), load_pictures(folder, "test")
    assert train.images.shape == (48, 1, 8, 8) and train.images.dtype == torch.uint8
    assert len(test) == 12 and train.class_names == test.class_names == ("0", "1", "2")
    assert train.labels.dtype == torch.int64 and train.labels[:4].tolist() == [0, 1, 2, 0]
    assert bool((train.images[0, 0, :4, :4] >= 200).all()) and bool((train.images[0, 0, 4:] < 40).all())


@given(st.integers(0, 255))
def test_bytes_survive_the_way_to_x_0_and_back(value: int) -> None:
    byte = torch.tensor([value], dtype=torch.uint8)
    x_0 = to_x_0(byte)
    assert x_0.dtype == torch.float32 and x_0.item() == pytest.approx(value / 127.5 - 1, abs=1e-6)
    assert torch.equal(to_uint8(x_0), byte)


def test_what_lies_outside_is_clipped() -> None:
    assert to_uint8(torch.tensor([-7.0, -1.0, 0.0, 1.0, 7.0])).tolist() == [0, 0, 128, 255, 255]


def test_x_0_of_chosen_pictures(idx_folder: Callable[..., Path]) -> None:
    pictures = load_pictures(idx_folder())
    index = torch.tensor([5, 2])
    torch.testing.assert_close(pictures.x_0(index), to_x_0(pictures.images[[5, 2]]))
    assert pictures.x_0(slice(3)).shape == (3, 1, 8, 8)


def test_tiles_stand_in_rows() -> None:
    images = torch.arange(1, 4, dtype=torch.uint8).reshape(3, 1, 1, 1).expand(3, 1, 2, 4)
    assert tile(images, 2)[::2, ::4].tolist() == [[1, 2], [3, 0]]
    assert tile(images, 2).shape == (4, 8) and tile(images.repeat(1, 3, 1, 1), 2).shape == (4, 8, 3)


def save(path: Path, mode: str, value: int, size: tuple[int, int] = (6, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 255)).save(path)


@pytest.mark.parametrize("mode,channels", [("L", 1), ("RGB", 3)])
def test_class_folders_with_their_own_split(tmp_path: Path, mode: str, channels: int) -> None:
    for split, count in (("train", 3), ("test", 1)):
        for k, name in enumerate(("cat", "dog")):
            for i in range(count):
                save(tmp_path / split / name / f"{i}.png", mode, 10 * k + i)
    train, test = load_pictures(tmp_path), load_pictures(tmp_path, "test")
    assert train.images.shape == (6, channels, 4, 6) and test.images.shape == (2, channels, 4, 6)
    assert train.class_names == ("cat", "dog") and train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]


def test_class_folders_without_a_split_hold_every_20th_out(tmp_path: Path) -> None:
    for i in range(40):
        save(tmp_path / "one" / f"{i:02d}.png", "L", i)
    (tmp_path / "one" / "notes.txt").write_text("no picture")
    train, test = load_pictures(tmp_path), load_pictures(tmp_path, "test")
    values = [set(p.images[:, 0, 0, 0].tolist()) for p in (train, test)]
    assert values[1] == {0, 20} and values[0] == set(range(40)) - values[1]


def test_pictures_without_classes_and_a_training_folder_without_a_test_one(tmp_path: Path) -> None:
    """Pictures that lie in DIR itself have no class; of DIR/train alone every 20th is held out, of DIR/val none."""
    for i in range(21):
        save(tmp_path / "flat" / f"{i:02d}.png", "RGB", i)
        save(tmp_path / "half" / "train" / "a" / f"{i:02d}.png", "L", i)
        save(tmp_path / "whole" / "train" / f"{i:02d}.png", "L", i)
    save(tmp_path / "whole" / "val" / "0.png", "L", 99)
    (tmp_path / "flat" / "._00.png").write_bytes(b"what macOS leaves")
    for name, classes, counts in (("flat", (), (19, 2)), ("half", ("a",), (19, 2)), ("whole", (), (21, 1))):
        train, test = load_pictures(tmp_path / name), load_pictures(tmp_path / name, "test")
        assert (len(train), len(test)) == counts and train.class_names == test.class_names == classes
        assert train.told == () and set(train.labels.tolist()) == {0 if classes else -1}
    assert load_pictures(tmp_path / "half").without_classes().class_names == ()


def test_pictures_of_many_kinds_are_made_alike(tmp_path: Path) -> None:
    """Grey among colour becomes colour, other sizes are cut at their centre, what is seen through is told."""
    Image.new("L", (4, 4), 7).save(tmp_path / "0.png")  # held out
    Image.new("L", (4, 4), 7).save(tmp_path / "1.png")
    Image.new("RGBA", (8, 4), (1, 2, 3, 4)).save(tmp_path / "2.png")
    Image.fromarray(np.arange(12, dtype=np.uint8)[None].repeat(4, 0)).convert("RGB").save(tmp_path / "3.png")
    Image.new("CMYK", (4, 4), (0, 0, 0, 0)).save(tmp_path / "4.jpg")
    found = load_pictures(tmp_path, size=4)
    assert found.images.shape == (4, 3, 4, 4)
    assert found.images[:2, :, 0, 0].tolist() == [[7, 7, 7], [1, 2, 3]]
    assert found.images[2, 0, 0].tolist() == [4, 5, 6, 7] and found.images[3].min() == 255
    assert [sentence.split(" of ")[0] for sentence in found.told] == ["1", "1", "2"]
    halved = load_pictures(tmp_path, size=2)
    assert halved.images.shape == (4, 3, 2, 2) and halved.images[0].unique().tolist() == [7]


def test_idx_pictures_are_scaled_too(idx_folder) -> None:  # noqa: ANN001
    assert load_pictures(idx_folder(size=8), size=4).images.shape == (48, 1, 4, 4)


def test_bundled_digits_are_100_of_each_class() -> None:
    digits = bundled_digits()
    assert digits.images.shape == (1000, 1, 28, 28)
    assert torch.bincount(digits.labels).tolist() == [100] * 10
    assert digits.class_names == tuple("0123456789")


def idx_header(*sizes: int, kind: int = 8, zero: int = 0) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", zero, kind, len(sizes), *sizes)


@pytest.mark.parametrize(
    "content,fragment",
    [
        (b"no gzip at all", "cannot be read as IDX"),
        (packed(b""), "cannot be read as IDX"),
        (packed(b"\x00\x00\x08"), "cannot be read as IDX"),
        (packed(idx_header(2, 2, 2, kind=13)), "not an IDX file of bytes"),
        (packed(idx_header(2, 2, 2, zero=1)), "not an IDX file of bytes"),
        (packed(idx_header(2**31, 2**31, 4)), "more than 2 GiB"),
        (packed(idx_header(3, 2, 2) + b"\0" * 11), "is cut short: 11 of 12 bytes"),
        (packed(idx_header(3, 2, 2) + b"\0" * 13), "it goes on after its 12 bytes"),
        (packed(idx_header(3, 2, 2) + b"\0" * 12)[:-9], "cannot be read as IDX"),
    ],
)
def test_broken_idx_files_are_refused(tmp_path: Path, content: bytes, fragment: str) -> None:
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz") as error:
        load_pictures(tmp_path)
    assert fragment in str(error.value) and "download it again" in str(error.value)


def test_a_flipped_bit_never_changes_the_pictures(tmp_path: Path) -> None:
    """In each byte of the file in turn: refused with a sentence, or the pictures are unharmed."""
    good = gzip.compress(idx_header(3, 2, 2) + bytes(range(12)), mtime=0)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.zeros(3, np.uint8))
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :]
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(bad)
        try:
            images = load_pictures(tmp_path).images
        except ValueError as error:
            assert "cannot be read" in str(error) or "cut short" in str(error)
        else:
            assert images.flatten().tolist() == list(range(12))


@pytest.mark.parametrize(
    "images,labels",
    [
        (np.zeros((3, 2, 2), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((3, 4), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((0, 2, 2), np.uint8), np.zeros(0, np.uint8)),
    ],
)
def test_images_and_labels_that_do_not_fit_are_refused(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", labels)
    with pytest.raises(ValueError, match=r"they must be \(N, height, width\) and \(N,\), N > 0"):
        load_pictures(tmp_path)


def test_missing_labels_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte.gz cannot be read"):
        load_pictures(tmp_path)


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder; give the folder that holds the data"):
        load_pictures(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds neither train-images-idx3-ubyte.gz nor class folders"):
        load_pictures(tmp_path)
    save(tmp_path / "one" / "0.png", "L", 0)  # held out, being the first of twenty
    save(tmp_path / "one" / "1.png", "L", 0)
    save(tmp_path / "one" / "2.png", "L", 0, size=(5, 5))
    with pytest.raises(ValueError, match=r"2.png has shape \(5, 5\), the first picture \(4, 6\); give --size"):
        load_pictures(tmp_path)
    (tmp_path / "one" / "2.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="2.png cannot be read as a picture: .*; remove or replace it"):
        load_pictures(tmp_path)
