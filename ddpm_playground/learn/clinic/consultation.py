"""A whole examination of one checkpoint: what is measured, what is looked for, and what is found."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..checkpoints.checkpoint import Checkpoint, load_checkpoint
from ..checkpoints.shipped import SHIPPED
from .assumption import Assumption
from .curves import LevelErrors, measure
from .diagnosis import QUARTERS, TITLES, Diagnosis
from .judging_errors import Measurements, coarse_structure, ema_not_warmed_up, memorised, not_converged
from .own_chain import ChainNorm, chain_norms
from .patient import Patient
from .raw_weights import BothWeights, both_weights
from .searching import Search, Taken, search
from .seen_pictures import seen_pictures

NUM_IMAGES, SPARE = 64, 200
# A rule about errors alone is one line here: code → the rule. Mistakes that are tried stand in searching.MISTAKES.
JUDGEMENTS: dict[str, Callable[[Measurements], Iterator[Diagnosis]]] = {
    "ema-not-warmed-up": ema_not_warmed_up,
    "memorised": memorised,
    "not-converged": not_converged,
}


@dataclass(frozen=True, eq=False)
class Examination:
    """What was measured of one checkpoint, and what it says.

    Attributes:
        patient: the network with its pictures.
        curve: its errors, the least noise first.
        shipped: (ε − ε̂)² of the shipped network at the same log SNR; None where it has no such level.
        shipped_told: on which pictures.
        chain: ‖x_t‖ along its own chain.
        search: what was tried.
        diagnoses: what was found, the mistakes that explain most first.
        left_out: code → why it could not be looked for.
        notes: what was assumed or converted.
    """

    patient: Patient
    curve: list[LevelErrors]
    shipped: tuple[float | None, ...]
    shipped_told: str
    chain: tuple[ChainNorm, ...]
    search: Search
    diagnoses: tuple[Diagnosis, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def looked_for(self) -> tuple[str, ...]:
        """Codes of what could be looked for."""
        return tuple(code for code in TITLES if code not in self.left_out)

    @property
    def verdict(self) -> str:
        """In one sentence."""
        if not self.diagnoses:
            return f"nothing of the {len(self.looked_for)} things looked for"
        return "; ".join(one.title for one in self.diagnoses)


def patient_of(
    checkpoint: Checkpoint, data: str | Path | None, train_data: str | Path | None = None, *,
    num_images: int = NUM_IMAGES, seed: int = 0, progress: Callable[[int], Any] = lambda count: None,
) -> Patient:  # fmt: skip
    """A checkpoint with pictures to examine it with.

    Args:
        checkpoint: may have any engine; the examination runs its network eagerly.
        data: a folder whose test split is held out; None for the bundled digits.
        train_data: a folder whose train split it was trained on; None for that of `data`, if it has one.
        num_images: held-out pictures at most, at least 6.
        seed: of order and noises.
        progress: is called with how many pictures were shown.

    Raises:
        ValueError: a folder or a number that cannot be used.
    """
    found = seen_pictures(checkpoint, data, num_images + SPARE, seed)
    count = min(num_images, len(found)) if len(found) < num_images + 30 else num_images
    spare = found.part(count) if len(found) > count else None
    train = None
    source = data if train_data is None else train_data
    if source is not None and (train_data is not None or has_train(Path(source))):
        train = seen_pictures(checkpoint, source, num_images, seed, "train")
    return Patient(replace(checkpoint, network=None), found.part(0, count), seed, spare, train, progress=progress)


def has_train(folder: Path) -> bool:
    """Whether a folder says by itself which of its pictures are for training."""
    return (folder / "train").is_dir() or (folder / "train-images-idx3-ubyte.gz").is_file()


def examine(patient: Patient) -> Examination:
    """Measure, try, judge."""
    both = both_weights(patient.checkpoint)
    curve, found = measure(patient), search(patient)
    measured = Measurements(patient, curve, found, both)
    diagnoses = [_diagnosis(taken, patient) for taken in found.taken]
    for rule in JUDGEMENTS.values():
        diagnoses += rule(replace(measured, known=tuple(one.code for one in diagnoses)))
    shipped, told = shipped_curve(patient)
    return Examination(
        patient, curve, shipped, told, chain_norms(patient), found, tuple(diagnoses), left_out(patient, found, both),
        (*map(str, patient.checkpoint.read_as), *patient.seen.notes, *coarse_structure(measured)),
    )  # fmt: skip


def _diagnosis(taken: Taken, patient: Patient) -> Diagnosis:
    """What a mistake that was tried says."""
    there, whole = taken.there, taken.whole
    rivals = f" Nearly as well explained by: {'; '.join(taken.rivals)}." if taken.rivals else ""
    message = (
        f"Given {taken.assumption.told}, the same pictures with the same noises have {there.share:.0%} less error in "
        f"the {QUARTERS[taken.quarter]} quarter of the log SNR ({there.before:.4g} → {there.after:.4g}, "
        f"z = {there.z:.1f}), "
        f"{whole.share:.0%} less over all levels ({len(patient.rest)} pictures that this was not chosen on).{rivals}"
    )
    numbers = {
        "assumption": taken.assumption.told, "quarter": taken.quarter, "share": there.share, "before": there.before,
        "after": there.after, "share_of_all": whole.share, "z_of_all": whole.z, "rivals": list(taken.rivals),
    }  # fmt: skip
    return Diagnosis(taken.code, message, there.z, numbers)


def left_out(patient: Patient, found: Search, both: BothWeights | None) -> dict[str, str]:
    """Code → why there was nothing to look at."""
    reasons = {}
    channels, classes = patient.seen.x_0.shape[1], patient.checkpoint.class_names
    if channels < 2:
        reasons |= dict.fromkeys(("channels-swapped", "channels-doubled"), "the pictures have one channel")
    elif not found.tried["channels-swapped"]:
        reasons["channels-swapped"] = f"the pictures have {channels} channels"
    if not found.tried["labels-shifted"]:
        told = "the network has no classes" if not classes else "the pictures' classes cannot be told to the network"
        reasons |= dict.fromkeys(("labels-shifted", "labels-permuted"), told)
    elif patient.spare is None:
        reasons["labels-permuted"] = "there are too few held-out pictures to fit an order of classes on"
    if both is None:
        reasons["ema-not-warmed-up"] = "averaged and raw weights do not lie beside each other"
    if patient.train is None:
        reasons["memorised"] = "the training pictures are not given; name them with --train-data"
    return reasons


def shipped_curve(patient: Patient) -> tuple[tuple[float | None, ...], str]:
    """(ε − ε̂)² of the shipped network at the log SNRs of a patient's curve, and on which pictures."""
    shipped = load_checkpoint(SHIPPED / "mnist", patient.checkpoint.device)
    same = tuple(patient.seen.x_0.shape[1:]) == shipped.image_shape
    if same:
        known = patient.checkpoint.class_names == shipped.class_names
        labels = patient.seen.labels if known else torch.full((len(patient.seen),), -1)
        seen = replace(patient.seen, labels=labels)
    else:
        seen = seen_pictures(shipped, None, NUM_IMAGES, patient.seed)
    other = Patient(shipped, seen, patient.seed, progress=patient.progress)
    errors = other.errors(Assumption(), torch.arange(len(seen)), patient.curve.log_snr).mean(0)
    told = "the same pictures and noises" if same else f"its own data, {seen.told}: compare shapes, not heights"
    return tuple(None if bool(one.isnan()) else float(one) for one in errors), told
