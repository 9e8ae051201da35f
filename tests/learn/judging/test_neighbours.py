"""The nearest pictures are those of brute force, copies are found, and what cannot be compared is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from ddpm_playground.learn.data.pictures import Pictures, bundled_digits
from ddpm_playground.learn.judging import neighbours
from ddpm_playground.learn.judging.neighbours import compare, features_of, nearest, percentiles
from ddpm_playground.learn.judging.sample_file import read_sample_file, samples_from_images, samples_from_x_0

RNG = np.random.default_rng(0)


def pictures(images: np.ndarray) -> Pictures:
    """Pictures of images (N,C,H,W) without classes."""
    return Pictures(torch.from_numpy(images), torch.full((len(images),), -1), ())


@pytest.mark.parametrize("block", [1, 64, 1000, 2**23])
@pytest.mark.parametrize("whole", [True, False])
def test_as_brute_force_whatever_the_blocks(block: int, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", block)
    queries, data = RNG.normal(size=(13, 6)), RNG.normal(size=(57, 6))
    if whole:  # few levels: many are equally near
        queries, data = queries.round(), data.round()
        data[40:50] = queries[:10]
    found, all_pairs = nearest(torch.from_numpy(queries), torch.from_numpy(data)), cdist(queries, data)
    assert found.index.tolist() == all_pairs.argmin(1).tolist()  # argmin takes the lowest of equal ones
    np.testing.assert_allclose(found.distance, all_pairs.min(1), rtol=1e-12, atol=0)
    own = torch.arange(57).flip(0)
    apart = nearest(torch.from_numpy(data).flip(0), torch.from_numpy(data), own)
    others = cdist(data, data) + np.diag(np.full(57, np.inf))
    assert apart.index.tolist() == others.argmin(1)[::-1].tolist()


def test_far_from_zero_where_products_cancel() -> None:
    data = 1e6 + RNG.normal(size=(50, 4)) * 1e-3
    queries = data[::7] + RNG.normal(size=(8, 4)) * 1e-4
    found, all_pairs = nearest(torch.from_numpy(queries), torch.from_numpy(data)), cdist(queries, data)
    assert found.index.tolist() == all_pairs.argmin(1).tolist()
    np.testing.assert_allclose(found.distance, all_pairs.min(1), rtol=1e-12)


def test_equal_pictures_lowest_place_and_duplicates() -> None:
    data = np.zeros((30, 5), dtype=np.uint8)
    found = nearest(torch.zeros(3, 5), torch.from_numpy(data), torch.tensor([0, 1, 29]))
    assert found.index.tolist() == [1, 0, 0] and found.distance.tolist() == [0, 0, 0]


def test_pixels_and_features_of_digits_against_brute_force() -> None:
    digits = bundled_digits()
    drawn = np.concatenate([digits.images[[3, 500]].numpy(), RNG.integers(0, 256, (4, 1, 28, 28), dtype=np.uint8)])
    x_0, data = drawn / 127.5 - 1.0, digits.images.numpy() / 127.5 - 1.0
    found = compare(samples_from_images(drawn.transpose(0, 2, 3, 1)), digits)
    all_pairs = cdist(x_0.reshape(6, -1), data.reshape(1000, -1))
    assert found.pixels.nearest.index.tolist() == all_pairs.argmin(1).tolist()
    np.testing.assert_allclose(found.pixels.nearest.distance, all_pairs.min(1), rtol=1e-12, atol=1e-12)
    among = cdist(data.reshape(1000, -1), data.reshape(1000, -1)) + np.diag(np.full(1000, np.inf))
    shares = [100 * np.mean(among.min(1) <= d * (1 + 1e-12)) for d in all_pairs.min(1)]
    np.testing.assert_allclose(found.pixels.percentile, shares)
    of_drawn, of_digits = (each.double().numpy() for each in features_of(torch.from_numpy(drawn), digits.images))
    by_features = cdist(of_drawn, of_digits)
    assert found.features is not None and found.features.nearest.index.tolist() == by_features.argmin(1).tolist()
    np.testing.assert_allclose(found.features.nearest.distance, by_features.min(1), rtol=1e-9, atol=1e-12)
    for space in (found.pixels, found.features):
        assert space.nearest.distance[:2].tolist() == [0, 0] and space.percentile[:2].tolist() == [0, 0]
        assert space.under_first == 2
    facts = found.facts()
    assert facts["samples"][1]["label"] == int(digits.labels[500]) and facts["num_data"] == 1000
    assert "leave-one-out" in facts["reference"]


def test_x_0_of_a_picture_is_that_picture_and_other_floats_are_not_rounded() -> None:
    digits = bundled_digits()
    exact = (digits.images[:2].numpy() / 127.5 - 1.0).astype(np.float32)
    off = exact.copy()
    off[1, 0, 0, 0] += 0.003
    found = compare(samples_from_x_0(off), digits).pixels.nearest
    assert found.distance[0] == 0.0 and found.distance[1] == pytest.approx(0.003, rel=1e-4)


def test_held_out_pictures_are_the_reference_where_there_are_some() -> None:
    data, held = (pictures(RNG.integers(0, 256, (n, 3, 4, 5), dtype=np.uint8)) for n in (40, 25))
    found = compare(samples_from_images(data.images[7:9].permute(0, 2, 3, 1).numpy()), data, held)
    assert found.features is None and found.num_references == 25 and "test split to train split" in found.reference
    assert found.facts()["samples"][0] == {
        "index": 7, "distance": 0.0, "percentile": 0.0, "label": None, "class_name": None, "features": None,
    }  # fmt: skip
    assert found.pixels.percentile.tolist() == [0, 0]


def test_percentile_counts_equal_ones() -> None:
    assert percentiles(np.array([0.5, 1.0, 3.0]), np.array([2.0, 1.0, 1.0, 4.0])).tolist() == [0.0, 50.0, 75.0]


def test_seed_chooses_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MAX_REFERENCES", 10)
    data = pictures(RNG.integers(0, 256, (60, 1, 3, 3), dtype=np.uint8))
    given = samples_from_images(RNG.integers(0, 256, (30, 3, 3, 1), dtype=np.uint8))
    first, again, other = (compare(given, data, seed=seed).pixels.percentile.tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("shape", "told"),
    [((2, 28, 28, 3), r"\(3, 28, 28\).*\(1, 28, 28\)"), ((2, 14, 28, 1), r"\(1, 14, 28\).*\(1, 28, 28\)")],
)
def test_other_sizes_and_channels_are_refused_with_both(shape: tuple[int, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        compare(samples_from_images(np.zeros(shape, dtype=np.uint8)), bundled_digits())


def test_too_few_pictures() -> None:
    one = pictures(np.zeros((1, 1, 2, 2), dtype=np.uint8))
    with pytest.raises(ValueError, match="at least 2 pictures, got 1"):
        compare(samples_from_images(np.zeros((1, 2, 2, 1), dtype=np.uint8)), one)
    assert len(compare(samples_from_images(np.zeros((1, 2, 2, 1), dtype=np.uint8)), one, replace(one))) == 1


HOLLOW = np.zeros((0, 2, 2, 1), dtype=np.uint8)
FILES = {
    "nothing": ({}, "neither images nor x_0, only nothing"),
    "other": ({"pictures": HOLLOW}, "only pictures"),
    "pickled": ({"images": np.array([{}], dtype=object)}, "pickled"),
    "hollow": ({"images": HOLLOW}, r"\(0, 2, 2, 1\), which holds nothing"),
    "kind": ({"images": np.zeros((1, 2, 2, 1))}, "type float64"),
    "flat": ({"images": np.zeros((2, 4), dtype=np.uint8)}, r"shape \(2, 4\)"),
    "whole": ({"x_0": np.zeros((1, 1, 2, 2), dtype=np.int32)}, "type int32"),
    "nan": ({"images": HOLLOW, "x_0": np.full((1, 1, 2, 2), np.nan, np.float32)}, "not finite"),
    "huge": ({"x_0": np.full((1, 1, 2, 2), 1e300)}, "not finite"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_samples(tmp_path: Path, name: str) -> None:
    arrays, told = FILES[name]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=told):
        read_sample_file(tmp_path / "a.npz")


def test_files_that_are_no_npz(tmp_path: Path) -> None:
    broken, array = tmp_path / "a.npz", tmp_path / "b.npz"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with array.open("wb") as file:
        np.save(file, np.zeros(3))
    for path, told in (
        (broken, "cannot be read"),
        (array, "one array"),
        (tmp_path, "cannot be read"),
        (tmp_path / "c", "no such|not exist|cannot be read"),
    ):
        with pytest.raises(ValueError, match=told):
            read_sample_file(path)
