"""The project's own reader of handwritten digits, trained on MNIST; it scores samples."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from ...core import stream_seed
from ...core.checks import number
from ...core.phrase import Refusal
from ...core.writing import written
from ..data.pictures import Pictures

IMAGE_SHAPE = (1, 28, 28)
NUM_CLASSES = 10
BATCH = 500


class DigitsClassifier(nn.Module):
    """Two convolutions, two dense layers, batch normalisation: 28×28 grey digits uint8 → 10 logits.

    Args:
        seed: what the first weights are drawn from.
    """

    num_features = 64

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 24, 5, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 48, 5, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(48), nn.ReLU(),
            nn.Flatten(), nn.Linear(48 * 4 * 4, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(self.num_features, NUM_CLASSES)
        generator = torch.Generator().manual_seed(stream_seed(seed, "weights"))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(self.head.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last layer but one says of images (N,1,28,28) uint8: (N,64), not negative."""
        return self.body((images.float() / 255.0).contiguous(memory_format=torch.channels_last))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N,10) of images (N,1,28,28) uint8."""
        return self.head(self.features(images))

    @torch.no_grad()
    def read(self, images: torch.Tensor) -> torch.Tensor:
        """The digit in each of images (N,1,28,28) uint8: (N,) int64."""
        return torch.cat([self(part).argmax(1) for part in images.split(BATCH)])


@dataclass(frozen=True)
class ClassifierSettings:
    """Everything that training the classifier depends on."""

    seed: int = 0
    epochs: int = 8
    batch_size: int = 128
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    rotation_deg: float = 12.0
    scale: float = 0.1
    shift_px: float = 2.0

    def __post_init__(self) -> None:
        checks = {
            "seed": (0, 2**63 - 1), "epochs": (1, 1000), "batch_size": (2, 65_536), "learning_rate": (1e-9, 1.0),
            "weight_decay": (0.0, 1.0), "rotation_deg": (0.0, 90.0), "scale": (0.0, 0.9), "shift_px": (0.0, 28.0),
        }  # fmt: skip
        for name, (low, high) in checks.items():
            number(name, getattr(self, name), low, high)


def distort(images: torch.Tensor, settings: ClassifierSettings, generator: torch.Generator) -> torch.Tensor:
    """images (B,1,H,W) uint8, each rotated, scaled and shifted a little by its own draw."""
    B, _, H, _ = images.shape
    angle, zoom, *shift = (2.0 * torch.rand(4, B, generator=generator) - 1.0) * torch.tensor(
        [settings.rotation_deg * torch.pi / 180.0, settings.scale, *[settings.shift_px * 2.0 / H] * 2]
    )[:, None]
    cos, sin = angle.cos() * (1.0 + zoom), angle.sin() * (1.0 + zoom)
    matrix = torch.stack([cos, -sin, shift[0], sin, cos, shift[1]], 1).reshape(B, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False).round().clamp(0, 255)


def _batches(pictures: Pictures, settings: ClassifierSettings) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for epoch in range(settings.epochs):
        generator = torch.Generator().manual_seed(stream_seed(settings.seed, "epoch", epoch))
        order = torch.randperm(len(pictures), generator=generator)
        for index in order.split(settings.batch_size):
            if len(index) == settings.batch_size:
                yield distort(pictures.images[index], settings, generator), pictures.labels[index]


def check_digits(pictures: Pictures) -> None:
    """Refuse pictures that are not 28×28 grey with ten classes.

    Raises:
        ValueError: says what came.
    """
    shape, classes = tuple(pictures.images.shape[1:]), len(pictures.class_names)
    if shape != IMAGE_SHAPE or classes != NUM_CLASSES:
        raise Refusal(
            "the classifier reads 28×28 grey pictures of 10 classes, got {got}×{shape} with {shape_2} channel{value} "
            "and {classes} classes; give MNIST",
            got=shape[1],
            shape=shape[2],
            shape_2=shape[0],
            value="s" if shape[0] > 1 else "",
            classes=classes,
        )


def train_classifier(
    train: Pictures, test: Pictures, settings: ClassifierSettings, *, progress: bool = False
) -> tuple[DigitsClassifier, dict[str, Any]]:
    """Train on `train`, measure on `test`; the same settings give the same weights on one machine and thread count.

    Returns:
        the classifier in evaluation mode, and facts: accuracy on the test set, counts, settings, seconds.

    Raises:
        ValueError: pictures of another shape, or fewer than one batch.
    """
    for pictures in (train, test):
        check_digits(pictures)
    per_epoch = len(train) // settings.batch_size
    if not per_epoch:
        raise Refusal(
            "{num_train} pictures do not fill a batch of {batch_size}; lower --batch-size",
            num_train=len(train),
            batch_size=settings.batch_size,
        )
    start = time.monotonic()
    classifier = DigitsClassifier(settings.seed).train()
    optimizer = torch.optim.AdamW(
        classifier.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    total = per_epoch * settings.epochs
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=total, pct_start=0.2)
    batches = _batches(train, settings)
    bar = tqdm(batches, total=total, unit="step", file=sys.stderr, disable=not progress, mininterval=2.0)
    for step, (images, labels) in enumerate(bar):
        loss = F.cross_entropy(classifier(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step + 1 < total:
            rate.step()
        if progress and step % 50 == 0:
            bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
    classifier.eval().requires_grad_(False)
    accuracy = float((classifier.read(test.images) == test.labels).double().mean())
    facts = {
        "accuracy": accuracy, "test_pictures": len(test), "train_pictures": len(train),
        "parameters": sum(p.numel() for p in classifier.parameters()),
        "seconds": round(time.monotonic() - start), "settings": vars(settings), "torch": torch.__version__,
    }  # fmt: skip
    return classifier, facts


def save_classifier(path: Path, classifier: DigitsClassifier, facts: dict[str, Any]) -> None:
    """Write weights and facts into one safetensors file, all of it or none."""
    state = {name: tensor.contiguous() for name, tensor in classifier.state_dict().items()}
    with written(path) as temporary:
        save_file(state, temporary, metadata={"facts": json.dumps(facts)})
        temporary.chmod(0o644)


def load_classifier(path: Path) -> tuple[DigitsClassifier, dict[str, Any]]:
    """A classifier in evaluation mode, and its facts, as `save_classifier` wrote them."""
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    classifier = DigitsClassifier()
    classifier.load_state_dict(state)
    return classifier.eval().requires_grad_(False), facts


@cache
def digits_classifier() -> tuple[DigitsClassifier, dict[str, Any]]:
    """The classifier that comes with the package, and its facts."""
    return load_classifier(Path(str(files("ddpm_playground") / "data" / "digits_classifier.safetensors")))
