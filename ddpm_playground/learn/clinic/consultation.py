"""A whole examination of one checkpoint: what is measured, what is looked for, and what is found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ...core.phrase import Phrase, Refusal, in_a_row
from ..checkpoints.checkpoint import Checkpoint, load_checkpoint
from ..checkpoints.other_family import elsewhere
from ..checkpoints.shipped import SHIPPED
from .curves import LevelErrors, measure, measure_at
from .diagnosis import QUARTERS, TITLES, Diagnosis
from .judging_errors import Measurements, coarse_structure, ema_not_warmed_up, memorised, not_converged
from .own_chain import ChainNorm, chain_norms
from .patient import Patient
from .raw_weights import BothWeights, both_weights
from .searching import Search, Taken, search
from .seen_pictures import Given, seen_pictures

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
        shipped: the shipped network at the same log SNR; None where it has no such level.
        shipped_chain: and along its own chain; none where it is the one examined.
        shipped_told: on which pictures.
        chain: ‖x_t‖ along its own chain.
        search: what was tried.
        diagnoses: what was found, the mistakes that explain most first.
        left_out: code → why it could not be looked for.
        notes: what was assumed or converted.
        remarks: worth knowing, and no finding.
    """

    patient: Patient
    curve: list[LevelErrors]
    shipped: tuple[LevelErrors | None, ...]
    shipped_chain: tuple[ChainNorm, ...]
    shipped_told: str
    chain: tuple[ChainNorm, ...]
    search: Search
    diagnoses: tuple[Diagnosis, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]
    remarks: tuple[Diagnosis, ...] = ()

    @property
    def looked_for(self) -> tuple[str, ...]:
        """Codes of what could be looked for."""
        return tuple(code for code in TITLES if code not in self.left_out)

    @property
    def verdict(self) -> str:
        """In one sentence."""
        if not self.diagnoses:
            return Phrase("nothing of the {count} things looked for", count=len(self.looked_for))
        return in_a_row([one.title for one in self.diagnoses], "{one}; {other}")


def patient_of(
    checkpoint: Checkpoint, data: str | Path | Given | None, train_data: str | Path | None = None, *,
    num_images: int = NUM_IMAGES, seed: int = 0, progress: Callable[[int], Any] = lambda count: None,
) -> Patient:  # fmt: skip
    """A checkpoint with pictures to examine it with.

    Args:
        checkpoint: may have any engine; the examination runs its network eagerly.
        data: a folder whose test split is held out, or pictures at hand; None for the bundled digits.
        train_data: a folder whose train split it was trained on; None for that of `data`, if it has one.
        num_images: held-out pictures at most, at least 6.
        seed: of order and noises.
        progress: is called with how many pictures were shown.

    Raises:
        ValueError: a folder or a number that cannot be used, or a network that is not asked at DDPM's t.
    """
    if told := elsewhere(checkpoint.own.family):
        raise Refusal(told)
    found = seen_pictures(checkpoint, data, num_images + SPARE, seed)
    count = min(num_images, len(found)) if len(found) < num_images + 30 else num_images
    spare = found.part(count) if len(found) > count else None
    train = None
    source = data if train_data is None else train_data
    if source is not None and not isinstance(source, Given) and (train_data is not None or has_train(Path(source))):
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
    shipped, shipped_chain, told = shipped_curve(patient, curve)
    return Examination(
        patient, curve, shipped, shipped_chain, told, chain_norms(patient), found, tuple(diagnoses),
        left_out(patient, found, both),
        (*patient.checkpoint.read_as, *patient.seen.notes), tuple(coarse_structure(measured)),
    )  # fmt: skip


def is_shipped(checkpoint: Checkpoint) -> bool:
    """Whether this is the network that comes with the package."""
    return checkpoint.folder.resolve() == (SHIPPED / "mnist").resolve()


def _diagnosis(taken: Taken, patient: Patient) -> Diagnosis:
    """What a mistake that was tried says."""
    there, whole = taken.there, taken.whole
    message = Phrase(
        "Given {told}, the same pictures with the same noises have {share:.0%} less error in the {quarter} quarter of "
        "the log SNR ({before:.4g} → {after:.4g}, z = {z:.1f}), {whole:.0%} less over all levels ({count} pictures "
        "that this was not chosen on).",
        told=taken.assumption.told, share=there.share, quarter=QUARTERS[taken.quarter], before=there.before,
        after=there.after, z=there.z, whole=whole.share, count=len(patient.rest),
    )  # fmt: skip
    if taken.rivals:
        rivals = in_a_row(taken.rivals, "{one}; {other}")
        message = Phrase("{message} Nearly as well explained by: {rivals}.", message=message, rivals=rivals)
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
        told = Phrase("the pictures have one channel")
        reasons |= dict.fromkeys(("channels-swapped", "channels-doubled"), told)
    elif not found.tried["channels-swapped"]:
        reasons["channels-swapped"] = Phrase("the pictures have {channels} channels", channels=channels)
    if not found.tried["labels-shifted"]:
        known = Phrase("the pictures' classes cannot be told to the network")
        told = known if classes else Phrase("the network has no classes")
        reasons |= dict.fromkeys(("labels-shifted", "labels-permuted"), told)
    elif patient.spare is None:
        reasons["labels-permuted"] = Phrase("there are too few held-out pictures to fit an order of classes on")
    if both is None:
        reasons["ema-not-warmed-up"] = Phrase("averaged and raw weights do not lie beside each other")
    if patient.train is None:
        reasons["memorised"] = Phrase("the training pictures are not given")
    return reasons


def shipped_curve(
    patient: Patient, own: Sequence[LevelErrors] = ()
) -> tuple[tuple[LevelErrors | None, ...], tuple[ChainNorm, ...], str]:
    """The shipped network at the log SNRs of a patient's curve, its own chain, and on which pictures.

    Args:
        patient: who is examined.
        own: the patient's curve: where it is the shipped network itself, nothing is measured again.
    """
    same_told = Phrase("the same pictures and noises")
    shipped = load_checkpoint(SHIPPED / "mnist", patient.checkpoint.device)
    if own and is_shipped(patient.checkpoint):
        return tuple(own), (), same_told
    same = tuple(patient.seen.x_0.shape[1:]) == shipped.image_shape
    if same:
        known = patient.checkpoint.class_names == shipped.class_names
        labels = patient.seen.labels if known else torch.full((len(patient.seen),), -1)
        seen = replace(patient.seen, labels=labels)
    else:
        seen = seen_pictures(shipped, None, NUM_IMAGES, patient.seed)
    other = Patient(shipped, seen, patient.seed, progress=patient.progress)
    own_data = Phrase("its own data, {told}: compare shapes, not heights", told=seen.told)
    return measure_at(other, patient.curve), chain_norms(other), same_told if same else own_data
