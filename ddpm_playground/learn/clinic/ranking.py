"""Several networks on the same pictures, noises and noise levels, the best first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from ...core.phrase import Refusal
from ..checkpoints.checkpoint import Checkpoint
from .assumption import Assumption
from .comparing import fall
from .curves import Measured
from .patient import Patient

LEAST = 1e-12


@dataclass(frozen=True)
class Standing:
    """One network among others.

    Attributes:
        place: which of those that were given, from 0.
        score: geometric mean over noise levels of (ε − ε̂)²; the less the better.
        by_level: (ε − ε̂)² at each level, with its standard error.
        more: by which share its error is above that of the best; 0 for the best.
        z: of that, picture by picture; 0 for the best.
    """

    place: int
    score: float
    by_level: tuple[Measured, ...]
    more: float
    z: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Networks over each other.

    Attributes:
        standings: the best first.
        log_snr: the levels that all of them have, in nats, the least noise first.
        errors: (ε − ε̂)² as given, (M,n,K).
    """

    standings: tuple[Standing, ...]
    log_snr: tuple[float, ...]
    errors: torch.Tensor


def check_alike(checkpoints: Sequence[Checkpoint]) -> None:
    """Refuse networks that cannot be shown the same pictures.

    Raises:
        ValueError: sizes, colours or classes differ.
    """
    first = checkpoints[0]
    for other in checkpoints[1:]:
        if other.image_shape != first.image_shape or len(other.class_names) != len(first.class_names):
            raise Refusal(
                "{other} draws (C,H,W) = {shape} of {count} classes, {first} {first_shape} of {first_count}; only "
                "networks of the same pictures and classes can be laid over each other",
                other=other.folder.name, shape=other.image_shape, count=len(other.class_names),
                first=first.folder.name, first_shape=first.image_shape, first_count=len(first.class_names),
            )  # fmt: skip


def rank(patient: Patient, checkpoints: Sequence[Checkpoint]) -> Ranking:
    """Networks in the order of their errors, each as its folder says; levels that one of them has not are left out.

    Args:
        patient: of the first of them, with its pictures.
        checkpoints: two or more, see `check_alike`.
    """
    who, log_snr = torch.arange(len(patient.seen)), patient.curve.log_snr
    found = []
    for one in checkpoints:
        found.append(patient.with_weights_of(replace(one, network=None)).errors(Assumption(), who, log_snr))
    errors = torch.stack(found)
    common = ~errors.isnan().any(0).any(0)
    if not bool(common.any()):
        raise Refusal("the schedules of these networks have no noise level in common; nothing can be compared")
    errors = errors[:, :, common]
    scores = errors.mean(1).clamp_min(LEAST).log().mean(1).exp()
    order = [int(place) for place in scores.argsort()]
    standings = [_standing(place, errors, order[0], float(scores[place])) for place in order]
    return Ranking(tuple(standings), tuple(map(float, log_snr[common])), errors)


def _standing(place: int, errors: torch.Tensor, best: int, score: float) -> Standing:
    by_level = tuple(Measured.of(column) for column in errors[place].unbind(1))
    if place == best:
        return Standing(place, score, by_level, 0.0, 0.0)
    above = fall(errors[place], errors[best])
    more = 1.0 / (1.0 - above.share) - 1.0 if above.share < 1.0 else math.inf
    return Standing(place, score, by_level, more, above.z)
