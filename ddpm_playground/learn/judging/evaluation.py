"""How good the samples of a digits checkpoint are: read as the class asked for, and near the real ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.stats import binomtest
from torch import nn

from ...core import stream_seed
from ...core.phrase import Refusal
from ..data.pictures import Pictures, bundled_digits, load_pictures
from .classifier import BATCH, IMAGE_SHAPE, NUM_CLASSES, DigitsClassifier, digits_classifier

if TYPE_CHECKING:
    from torchmetrics.image.fid import FrechetInceptionDistance

# Below this share of real pictures read right, the data are something else than handwritten digits.
DIGITS_SHARE = 0.9
TORCHMETRICS = "torchmetrics>=1.9,<2"  # as pyproject.toml has it under "evaluate"


@dataclass(frozen=True)
class Share:
    """`hits` of `count`, with Wilson's 95 % confidence interval (Wilson 1927)."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """hits / count."""
        return self.hits / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of the interval."""
        found = binomtest(self.hits, self.count).proportion_ci(0.95, method="wilson")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({self.hits} of {self.count}; 95 % interval {low:.1%} to {high:.1%})"

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        low, high = self.interval
        return {"share": self.value, "hits": self.hits, "count": self.count, "low": low, "high": high}


@dataclass(frozen=True)
class Scores:
    """What was measured.

    Attributes:
        share: samples that the classifier reads as the class they were asked for.
        by_class: the same, class by class.
        frechet: Fréchet distance, samples to real pictures, in the classifier's 64 features.
        frechet_real: the same between two disjoint sets of real pictures, as a yardstick.
        compared: how many pictures stand on each side of both distances.
        real: which real pictures these are.
        real_share: real pictures that the classifier reads right.
    """

    share: Share
    by_class: Mapping[str, Share]
    frechet: float
    frechet_real: float
    compared: int
    real: str
    real_share: Share

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "share": self.share.facts(),
            "by_class": {name: share.facts() for name, share in self.by_class.items()},
            "frechet": self.frechet,
            "frechet_real": self.frechet_real,
            "compared": self.compared,
            "real": self.real,
            "real_share": self.real_share.facts(),
        }

    def rows(self) -> dict[str, str]:
        """As lines for the screen and the model card."""
        return {
            "read as the class asked for": str(self.share),
            "class by class": ", ".join(f"{name}: {s.hits}/{s.count}" for name, s in self.by_class.items()),
            "Fréchet distance, samples to real": f"{self.frechet:.2f} ({self.compared} of each)",
            "Fréchet distance, real to real": f"{self.frechet_real:.2f} ({self.compared} of each)",
            "real pictures": self.real,
            "real pictures read right": str(self.real_share),
        }


class MissingPackage(RuntimeError):
    """A package that only this needs is not installed; its text is a sentence for the reader."""

    is_told = True


def frechet_metric() -> type["FrechetInceptionDistance"]:
    """The class of torchmetrics that measures the Fréchet distance: the one thing here that needs that package.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance
    except ImportError:
        raise MissingPackage(
            "to score samples, evaluate needs the package torchmetrics, which is not installed; install it with "
            f"pip install '{TORCHMETRICS}', or bound the likelihood with --bound, which does without"
        ) from None
    return FrechetInceptionDistance


class Features(nn.Module):
    """The classifier's last layer but one, as torchmetrics wants it: images uint8 → (N,64)."""

    def __init__(self, classifier: DigitsClassifier) -> None:
        super().__init__()
        self.classifier, self.num_features = classifier, classifier.num_features

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N,1,28,28) uint8 → (N,64)."""
        return torch.cat([self.classifier.features(part) for part in images.split(BATCH)])


def frechet_distance(classifier: DigitsClassifier, real: torch.Tensor, other: torch.Tensor) -> float:
    """‖μ − μ′‖² + tr(Σ + Σ′ − 2(ΣΣ′)^½) of the classifier's features (Heusel et al. 2017, eq. 6).

    It falls with the number of pictures also where both sets come from one distribution, so compare only
    distances of the same number.

    Args:
        classifier: whose features.
        real: (N,1,28,28) uint8, N ≥ 2.
        other: (M,1,28,28) uint8, M ≥ 2.

    Raises:
        MissingPackage: torchmetrics is not installed.
    """
    metric = frechet_metric()(feature=Features(classifier))
    metric.update(real, real=True)
    metric.update(other, real=False)
    return max(0.0, float(metric.compute()))


class NoClassifier(Refusal):
    """Pictures of a kind that no classifier is at hand for."""


@dataclass(frozen=True, eq=False)
class RealDigits:
    """Two disjoint sets of real digits.

    Attributes:
        first: what samples are compared with.
        second: what tells how far real pictures are from `first`.
        told: a line that says which they are.
        share: of `second` that the classifier reads right.
    """

    first: Pictures
    second: Pictures
    told: str
    share: Share


def real_digits(data: str | Path | None = None) -> RealDigits:
    """Train and test set of a folder, or two halves of the bundled digits where there is no folder.

    Raises:
        ValueError: a folder that cannot be read.
        NoClassifier: pictures that are not handwritten digits.
    """
    if data is None:
        first, second = halves(bundled_digits())
        told = "two halves of the 1,000 bundled test digits, as no --data with a training set was given"
    else:
        first, second = load_pictures(data), load_pictures(data, "test")
        told = f"train and test set of {Path(data).name}"
    for pictures in (first, second):
        require_classifier(tuple(pictures.images.shape[1:]), len(pictures.class_names), f"the pictures of {data}")
    classifier, _ = digits_classifier()
    share = Share(int((classifier.read(second.images) == second.labels).sum()), len(second))
    if share.value < DIGITS_SHARE:
        raise NoClassifier(
            "no classifier is at hand for the pictures of {data}: they are no handwritten digits, as ours reads only "
            "{value} of them right; the scores are not available",
            data=data,
            value=f"{share.value:.1%}",
        )
    return RealDigits(first, second, told, share)


def halves(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """The pictures at even and at odd places within their class."""
    place = torch.empty_like(pictures.labels)
    for c in range(len(pictures.class_names)):
        own = pictures.labels == c
        place[own] = torch.arange(int(own.sum()))
    even, odd = place % 2 == 0, place % 2 == 1
    return (
        Pictures(pictures.images[even], pictures.labels[even], pictures.class_names),
        Pictures(pictures.images[odd], pictures.labels[odd], pictures.class_names),
    )


def require_classifier(image_shape: tuple[int, ...], num_classes: int, what: str) -> None:
    """Raise NoClassifier unless these are 28×28 grey pictures of 10 classes."""
    if tuple(image_shape) == IMAGE_SHAPE and num_classes == NUM_CLASSES:
        return
    C, H, W = image_shape
    raise NoClassifier(
        "no classifier is at hand for {what} ({H}×{W} {value}, {num_classes} classes), only for 28×28 grey digits of "
        "10 classes; the share read as asked for and the Fréchet distance are not available",
        what=what,
        H=H,
        W=W,
        value="grey" if C == 1 else "colour",
        num_classes=num_classes,
    )


def with_labels(pictures: Pictures, labels: torch.Tensor, seed: int) -> torch.Tensor:
    """For each of labels (N,) another real picture of that class, (N,C,H,W) uint8, chosen by the seed."""
    generator = torch.Generator().manual_seed(stream_seed(seed, "real"))
    order = torch.randperm(len(pictures), generator=generator)
    index = torch.empty_like(labels)
    for c in labels.unique():
        wanted = labels == c
        index[wanted] = order[pictures.labels[order] == c][: int(wanted.sum())]
    return pictures.images[index]


def evaluate(images: np.ndarray, labels: torch.Tensor, real: RealDigits, seed: int = 0) -> Scores:
    """Scores of samples of digits.

    Args:
        images: (N,28,28,1) uint8, N ≥ 2.
        labels: the class that each was asked for, (N,) int64 in 0…9.
        real: what they are compared with; as many real pictures of the same classes are taken from each side,
            or as many as there are.
        seed: which of the real pictures are taken.

    Raises:
        ValueError: fewer than two samples.
        MissingPackage: torchmetrics is not installed.
    """
    if len(labels) < 2:
        raise Refusal(
            "a distance between sets needs at least 2 samples, got {got}; raise --num-samples", got=len(labels)
        )
    classifier, _ = digits_classifier()
    samples = torch.from_numpy(images).permute(0, 3, 1, 2)
    right, classes = classifier.read(samples) == labels, labels.unique()
    shares = {int(c): Share(int(right[labels == c].sum()), int((labels == c).sum())) for c in classes}
    enough = torch.ones(len(labels), dtype=torch.bool)
    for c in classes:
        at_hand = min(int((side.labels == c).sum()) for side in (real.first, real.second))
        enough[(labels == c).nonzero()[at_hand:, 0]] = False
    first, second = (with_labels(side, labels[enough], seed) for side in (real.first, real.second))
    return Scores(
        share=Share(int(right.sum()), len(labels)),
        by_class={real.first.class_names[c]: share for c, share in shares.items()},
        frechet=frechet_distance(classifier, first, samples[enough]),
        frechet_real=frechet_distance(classifier, first, second),
        compared=int(enough.sum()),
        real=real.told,
        real_share=real.share,
    )
