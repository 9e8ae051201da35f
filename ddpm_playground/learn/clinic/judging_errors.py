"""Rules that look at errors alone: of two kinds of weights, against a linear filter, on pictures known and unknown."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ...core.phrase import Phrase
from .assumption import Assumption
from .comparing import LEAST, fall
from .curves import LevelErrors
from .diagnosis import QUARTERS, Diagnosis
from .patient import Patient
from .raw_weights import BothWeights
from .searching import Search
from .seen_pictures import SeenPictures
from .snr_levels import JUDGED, NOISY

LEAST_Z = 5.0
EXPLAINS = {"ema-not-warmed-up", "memorised"}  # why a network does badly on pictures that it has not seen
RAW_BETTER = 0.05  # by so much raw weights do better than averages that have not caught up
MIXED_BETTER = 0.1  # by so much a linear filter's answer, mixed in, lowers the error of a network that has yet to learn
# What is said of a network beside the best linear filter.
LESS = (
    "In the {quarter} quarter of the log SNR its error is {after:.4g}, {share:.0%} less than that of the best linear "
    "filter ({before:.4g}), which knows the mean and the spectrum of the pictures alone."
)
MORE = (
    "In the {quarter} quarter of the log SNR its error is {after:.4g}, {share:.0%} more than that of the best linear "
    "filter ({before:.4g}), which knows the mean and the spectrum of the pictures alone."
)
MIXED = "{message} Some of that filter's answer mixed into its own lowers its error by {gain:.0%}."
COARSE = (
    "Between log SNR {low:g} and {high:g}, where the coarse structure of a picture is made, its error is {times:.2g} "
    "times that of the best linear filter: it has not learned it well."
)
SEEN_BETTER = 0.25  # by so much the error falls on pictures that were learned by heart


@dataclass(frozen=True, eq=False)
class Measurements:
    """All that rules look at.

    Attributes:
        patient: the network with its pictures.
        curve: its errors at each level, as its folder says.
        search: what was tried.
        both: averaged and raw weights; None where there is one kind.
        known: codes of what has been found already.
    """

    patient: Patient
    curve: list[LevelErrors]
    search: Search
    both: BothWeights | None
    known: tuple[str, ...] = ()

    def errors(self, assumption: Assumption) -> torch.Tensor:
        """(ε − ε̂)² of the held-out pictures at the levels of the curve, (n,K), under an assumption."""
        if assumption == Assumption():
            return torch.stack([level.each for level in self.curve], 1)
        patient = self.patient
        return patient.errors(assumption, torch.arange(len(patient.seen)), patient.curve.log_snr)


def ema_not_warmed_up(found: Measurements) -> Iterator[Diagnosis]:
    """The raw weights do better than the averaged ones, which are there to do better."""
    if found.both is None:
        return
    patient, curve = found.patient, found.patient.curve
    who = torch.arange(len(patient.seen))
    averaged, raw = (
        patient.with_weights_of(one).errors(found.search.assumption, who, curve.log_snr)
        for one in (found.both.averaged, found.both.raw)
    )
    better = fall(averaged, raw)
    if better.share >= RAW_BETTER and better.z >= LEAST_Z:
        yield Diagnosis(
            "ema-not-warmed-up",
            Phrase(
                "The raw weights have {share:.0%} less error than the averaged ones ({told}), z = {z:.1f}: the average "
                "still holds weights of the beginning.",
                share=better.share, told=found.both.told, z=better.z,
            ),
            better.z,
            {"share": better.share, "from": found.both.told},
        )  # fmt: skip


def not_converged(found: Measurements) -> Iterator[Diagnosis]:
    """In a quarter of the log SNR it does worse than the best linear filter, or some of that filter makes it better.

    It is told of a network that is used as it does best, and not where its training pictures or its averages explain
    it: after what else was found.
    """
    if EXPLAINS & set(found.known):
        return
    errors, quarter = found.errors(found.search.assumption), found.patient.curve.quarter
    linear = torch.stack([level.linear_each for level in found.curve], 1)
    as_it_is, rows = not found.search.taken, []
    for q in range(4):
        at = (quarter == q) & found.patient.curve.judged & ~errors.isnan().any(0)
        if bool(at.any()):
            mixed = [level.mixing for level, judged in zip(found.curve, at.tolist(), strict=True) if judged]
            gain = sum(mixed) / len(mixed) if as_it_is else 0.0
            rows.append((q, fall(linear[:, at], errors[:, at]), gain))
    bad = [row for row in rows if row[1].share <= 0.0 or row[2] >= MIXED_BETTER]
    if bad:
        q, worst, gain = min(bad, key=lambda row: row[1].share - row[2])
        compared = {"quarter": QUARTERS[q], "after": worst.after, "share": abs(worst.share), "before": worst.before}
        message = Phrase(LESS if worst.share > 0 else MORE, **compared)
        if gain:
            message = Phrase(MIXED, message=message, gain=gain)
        numbers = {"by_quarter": {str(q): {"below_linear": one.share, "mixing": gain} for q, one, gain in rows}}
        yield Diagnosis("not-converged", message, None, numbers)


def coarse_structure(found: Measurements) -> Iterator[Diagnosis]:
    """A note, no finding: with much noise, where the coarse structure is made, it does worse than a linear filter."""
    errors = found.errors(found.search.assumption)
    at = found.patient.curve.between(*NOISY) & ~errors.isnan().any(0)
    if bool(at.any()):
        linear = torch.stack([level.linear_each for level in found.curve], 1)
        one = fall(linear[:, at], errors[:, at])
        if one.share < 0.0:
            told = {"low": NOISY[0], "high": NOISY[1], "times": 1.0 - one.share}
            yield Diagnosis("coarse-structure", Phrase(COARSE, **told), None, {"times": 1.0 - one.share})


def memorised(found: Measurements) -> Iterator[Diagnosis]:
    """Pictures that it was trained on have far less error than others that are as hard for a linear filter."""
    patient = found.patient
    if patient.train is None:
        return
    held, known = (_hardness(found, seen) for seen in (patient.seen, patient.train))
    best: tuple[float, float, int] | None = None
    for q in range(4):
        at = (patient.curve.quarter == q) & patient.curve.between(NOISY[0], JUDGED[1])
        if bool(at.any()):
            share, z = _gap(held[:, at], known[:, at])
            if share >= SEEN_BETTER and z >= LEAST_Z and (best is None or z > best[1]):
                best = (share, z, q)
    if best is not None:
        share, z, q = best
        yield Diagnosis(
            "memorised",
            Phrase(
                "In the {quarter} quarter of the log SNR the pictures of {told} have {share:.0%} less error than the "
                "held-out ones (z = {z:.1f}), each beside a linear filter's error on the same pictures.",
                quarter=QUARTERS[q], told=patient.train.told, share=share, z=z,
            ),
            z,
            {"share": share, "quarter": q},
        )  # fmt: skip


def _hardness(found: Measurements, seen: SeenPictures) -> torch.Tensor:
    """Errors (n,K) as shares of the linear filter's mean error at each level, of the same pictures and noises."""
    patient, log_snr = found.patient, found.patient.curve.log_snr
    who = torch.arange(len(seen))
    errors = patient.errors(found.search.assumption, who, log_snr, seen)
    return errors / patient.linear_errors(seen, who, log_snr).mean(0).clamp_min(LEAST)


def _gap(held: torch.Tensor, known: torch.Tensor) -> tuple[float, float]:
    """By which share errors are lower on known pictures (n',K) than on held-out ones (n,K), and Welch's z of it."""
    held, known = (one[:, ~(held.isnan().any(0) | known.isnan().any(0))] for one in (held, known))
    if not held.shape[1]:
        return 0.0, 0.0
    share = 1.0 - math.exp(float((known.mean(0).log() - held.mean(0).log()).mean()))
    a, b = (held / held.mean(0)).mean(1), (known / held.mean(0)).mean(1)
    spread = float((a.var() / len(a) + b.var() / len(b)).sqrt())
    return share, float(a.mean() - b.mean()) / spread if spread > 0 else 0.0
