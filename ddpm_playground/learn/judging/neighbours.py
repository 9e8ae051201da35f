"""Has the network memorised? Each sample's nearest picture in the data, and how near real pictures come."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ...core import stream_seed
from ...core.checks import whole_number
from ...core.phrase import Refusal
from ..data.pictures import Pictures
from .classifier import BATCH, IMAGE_SHAPE, digits_classifier
from .sample_file import GivenSamples

MAX_REFERENCES = 1000
BLOCK = 2**23  # numbers in float64 that are held of queries, of data and of their distances
MOST_QUERIES = 2048
LEVELS_PER_UNIT = 127.5  # of x_0


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest of some vectors.

    Attributes:
        index: which it is, (Q,) int64; the lowest of several that are equally near.
        distance: Euclidean, (Q,) float64.
    """

    index: np.ndarray
    distance: np.ndarray

    def scaled(self, factor: float) -> "Nearest":
        """The same with distances in another unit."""
        return Nearest(self.index, self.distance * factor)


def nearest(
    queries: torch.Tensor,
    data: torch.Tensor,
    own: torch.Tensor | None = None,
    *,
    told: str = "",
    progress: bool = False,
) -> Nearest:
    """The nearest of `data` to each query, exactly.

    ‖q − y‖² = ‖q‖² + ‖y‖² − 2 q·y as products of matrices finds all that can be nearest within float64's rounding;
    these alone are told apart by their differences, so that vectors of whole numbers are compared without rounding.

    Args:
        queries: (Q,D), of any kind of number, finite.
        data: (N,D), likewise; taken to float64 block by block.
        own: place in `data` that each query must not choose, (Q,) int64; None for none.
        told: what is searched, for a bar on stderr.
        progress: show that bar where it takes more than two seconds.

    Raises:
        ValueError: vectors of another length, or nothing to choose from.
    """
    if queries.shape[1:] != data.shape[1:]:
        raise Refusal(
            "queries have {got} numbers each and the data {wanted}; give both in one size",
            got=queries[0].numel() if len(queries) else 0,
            wanted=data[0].numel() if len(data) else 0,
        )
    if len(data) < (1 if own is None else 2):
        raise Refusal("there is no other picture among {count} to be nearest; give more", count=len(data))
    Q, D = queries.shape
    together = max(1, min(Q, MOST_QUERIES, BLOCK // D))
    best, index = np.full(Q, np.inf), np.zeros(Q, dtype=np.int64)
    step = max(1, BLOCK // max(D, together))
    with tqdm(total=Q * len(data), disable=not progress, delay=2.0, desc=told, file=sys.stderr, unit_scale=True) as bar:
        for first in range(0, Q, together):
            part = slice(first, first + together)
            q, apart = queries[part].double(), None if own is None else own[part]
            for start in range(0, len(data), step):
                block = data[start : start + step].double()
                _update(best[part], index[part], q, block, start, apart)
                bar.update(len(q) * len(block))
    return Nearest(index, np.sqrt(best))


def _update(
    best: np.ndarray, index: np.ndarray, q: torch.Tensor, block: torch.Tensor, start: int, own: torch.Tensor | None
) -> None:
    """Write what is nearer in this block into best (squared distances) and index; an equal one of before stays."""
    lengths, of_block = (q * q).sum(1, keepdim=True), (block * block).sum(1)
    about = torch.addmm(lengths + of_block, q, block.T, alpha=-2.0)
    if own is not None:
        inside = (own >= start) & (own < start + len(block))
        about[inside.nonzero()[:, 0], own[inside] - start] = torch.inf
    rounding = 4.0 * (q.shape[1] + 4) * torch.finfo(torch.float64).eps * (lengths + of_block.max())[:, 0]
    most = torch.minimum(torch.from_numpy(best), about.min(1).values) + rounding
    possible = (about <= most[:, None]) & about.isfinite()
    row, column = (each.numpy() for each in possible.nonzero(as_tuple=True))
    exact = np.concatenate([
        _squares(q.numpy()[row[part]], block.numpy()[column[part]]) for part in _parts(len(row), q.shape[1])
    ])  # fmt: skip
    order = np.lexsort((column, exact, row))
    rows, first = np.unique(row[order], return_index=True)
    found = order[first]
    nearer = exact[found] < best[rows]
    best[rows[nearer]], index[rows[nearer]] = exact[found][nearer], column[found][nearer] + start


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared lengths of the differences, (K,); numpy sums each row in the same order, whatever stands beside it."""
    return np.square(a - b).sum(1)


def _parts(count: int, width: int) -> Sequence[slice]:
    step = max(1, BLOCK // width)
    return [slice(start, start + step) for start in range(0, max(count, 1), step)]


def percentiles(distances: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The share of the reference that is smaller or equal, in percent, of each distance."""
    return 100.0 * np.searchsorted(np.sort(reference), distances, side="right") / len(reference)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest picture to each sample in one space, and how near that is beside real pictures.

    Attributes:
        nearest: of each sample.
        percentile: the share, in percent, of real pictures that come as near as that or nearer, (N,).
    """

    nearest: Nearest
    percentile: np.ndarray

    def facts(self, i: int) -> dict[str, Any]:
        """Of sample i, as JSON."""
        found = self.nearest
        return {
            "index": int(found.index[i]),
            "distance": float(found.distance[i]),
            "percentile": float(self.percentile[i]),
        }

    @property
    def under_first(self) -> int:
        """How many samples lie under the 1st percentile."""
        return int((self.percentile < 1.0).sum())


@dataclass(frozen=True, eq=False)
class Comparison:
    """Samples beside the data that a network was trained on.

    Attributes:
        data: the pictures among which neighbours were looked for.
        pixels: by the distance of pixels in [−1, 1].
        features: by that of the digits classifier's 64 features; None where pictures are not 28×28 grey.
        num_references: how many distances of real pictures there are.
        reference: a sentence that says which.
    """

    data: Pictures
    pixels: Neighbours
    features: Neighbours | None
    num_references: int
    reference: str

    def __len__(self) -> int:
        return len(self.pixels.percentile)

    def class_of(self, index: int) -> str | None:
        """The name of a picture's class; None where there are none."""
        label = int(self.data.labels[index])
        return self.data.class_names[label] if label >= 0 else None

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        samples: list[dict[str, Any]] = []
        for i in range(len(self)):
            found = self.pixels.facts(i)
            label = int(self.data.labels[found["index"]])
            found |= {"label": label if label >= 0 else None, "class_name": self.class_of(found["index"])}
            samples.append(found | {"features": None if self.features is None else self.features.facts(i)})
        return {
            "num_samples": len(self),
            "num_data": len(self.data),
            "under_1st_percentile": self.pixels.under_first,
            "features_under_1st_percentile": None if self.features is None else self.features.under_first,
            "num_references": self.num_references,
            "reference": self.reference,
            "samples": samples,
        }


def compare(
    samples: GivenSamples, data: Pictures, held: Pictures | None = None, *, seed: int = 0, progress: bool = False
) -> Comparison:
    """Each sample's nearest picture in the data, by pixels and, of 28×28 grey pictures, by the classifier's features.

    Args:
        samples: what the network drew.
        data: what it was trained on.
        held: real pictures that it was not trained on; None to leave each picture of the data out in its turn.
        seed: which MAX_REFERENCES of the real pictures are measured, where there are more.
        progress: show bars on stderr where it takes seconds.

    Raises:
        ValueError: samples of another size or other channels than the data, or too few pictures.
    """
    whole_number("seed", seed, 0, 2**63 - 1)
    shape = tuple(data.images.shape[1:])
    _check_alike(tuple(samples.images.shape[1:]), shape, samples.name)
    if held is not None:
        _check_alike(tuple(held.images.shape[1:]), shape, "the test split")
    real = data if held is None else held
    if held is None and len(data) < 2:
        raise Refusal("leaving one out needs at least 2 pictures, got {got}; give more", got=len(data))
    generator = torch.Generator().manual_seed(stream_seed(seed, "nearest"))
    places = torch.randperm(len(real), generator=generator)[:MAX_REFERENCES]
    own = places if held is None else None

    def judged(of_samples: torch.Tensor, of_real: torch.Tensor, of_data: torch.Tensor, unit: float) -> Neighbours:
        found = nearest(of_samples, of_data, told="samples", progress=progress).scaled(unit)
        reference = nearest(of_real, of_data, own, told="real pictures", progress=progress).scaled(unit)
        return Neighbours(found, percentiles(found.distance, reference.distance))

    chosen = real.images[places]
    pixels = judged(samples.levels.flatten(1), chosen.flatten(1), data.images.flatten(1), 1.0 / LEVELS_PER_UNIT)
    by_features = None
    if shape == IMAGE_SHAPE:
        of_samples, of_real, of_data = features_of(samples.images, chosen, data.images)
        by_features = judged(of_samples, of_real, of_data, 1.0)
    return Comparison(data, pixels, by_features, len(places), _told(data, held, len(places)))


def _check_alike(got: tuple[int, ...], wanted: tuple[int, ...], name: str) -> None:
    if got != wanted:
        raise Refusal(
            "the pictures of {name} are (C,H,W) = {got}, those of the data {wanted}; give the data that the network "
            "was trained on, in its size (--size scales a folder)",
            name=name,
            got=got,
            wanted=wanted,
        )


def _told(data: Pictures, held: Pictures | None, count: int) -> str:
    if held is None:
        return (
            f"leave-one-out: the distance of {count:,} of the {len(data):,} pictures to the nearest other one, as "
            "there is no test split"
        )
    return (
        f"test split to train split: the distance of {count:,} of the {len(held):,} held-out pictures to the nearest "
        f"of the {len(data):,}"
    )


@torch.no_grad()
def features_of(*sets: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The classifier's 64 features of sets of pictures (N,1,28,28) uint8: (N,64) float32 each.

    Pictures that are equal have equal features, to the last bit: each is read once, since what a network says of one
    depends a little on those beside it.
    """
    classifier, _ = digits_classifier()
    images = torch.cat(sets)
    first: dict[bytes, int] = {}
    kept: list[int] = []
    which = torch.empty(len(images), dtype=torch.int64)
    for i, picture in enumerate(images.flatten(1).numpy()):
        place = first.setdefault(picture.tobytes(), len(kept))
        if place == len(kept):
            kept.append(i)
        which[i] = place
    read = torch.cat([classifier.features(part) for part in images[torch.tensor(kept)].split(BATCH)])
    return torch.split(read[which], [len(each) for each in sets])
