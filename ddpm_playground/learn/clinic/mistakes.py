"""Mistakes of training that can be tried: each yields assumptions under which a network made so does better."""

from collections.abc import Iterator
from functools import partial
from itertools import permutations

import torch

from ...core import SCHEDULES, Schedule, make_schedule, rescale_zero_terminal_snr
from ...core.phrase import Phrase
from .assumption import Assumption, Clock, clock_of
from .patient import Patient

MOST_CLASSES = 12  # up to so many, every shift of the classes is tried; of more, those by one and two
MOST_CHANNELS = 4
STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012}
SHIFTS = (-2, -1, 1, 2)


def other_prediction_type(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """The network says something else than its config says."""
    said = now.prediction_type or patient.checkpoint.prediction_type
    for other in {"epsilon", "v_prediction", "sample"} - {said}:
        yield now.but(Phrase("its output is {other}, not {said}", other=other, said=said), prediction_type=other)


def other_range(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """Pictures in another range than [−1, 1]."""
    mean, spread = float(patient.seen.x_0.mean()), float(patient.seen.x_0.std().clamp_min(1e-3))
    for told, scale, offset in (
        (Phrase("pictures in [0, 1]"), 0.5, 0.5),
        (Phrase("pictures in [−1/2, 1/2]"), 0.5, 0.0),
        (Phrase("pictures in [0, 255]"), 127.5, 127.5),
        (Phrase("pictures of mean 0 and variance 1"), 1.0 / spread, -mean / spread),
        (Phrase("pictures in [−1, 1] with dark and bright exchanged"), -1.0, 0.0),
        (Phrase("pictures in [0, 1] with dark and bright exchanged"), -0.5, 0.5),
    ):
        yield now.but(told, scale=scale, offset=offset)


def other_channels(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """The channels of the pictures in another order."""
    count = patient.seen.x_0.shape[1]
    if 1 < count <= MOST_CHANNELS:
        for order in list(permutations(range(count)))[1:]:
            shown = ", ".join(str(c + 1) for c in order)
            yield now.but(Phrase("channels in the order {order}", order=shown), channels=order)


def other_labels(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """Every class called by another one's number: shifted by a few, going round, or into the place of no class."""
    count = len(patient.checkpoint.class_names)
    embeddings = patient.checkpoint.unet.config["num_class_embeds"] or 0
    if count < 2 or not patient.seen.labelled:
        return
    shifts = range(1, count) if count <= MOST_CLASSES else sorted({s % count for s in SHIFTS})
    for shift in shifts:
        shown = shift if shift <= count // 2 else shift - count
        told = Phrase("class c called c {shift:+d}, going round", shift=shown)
        yield now.but(told, labels=tuple((c + shift) % count for c in range(count)))
    if embeddings > count:
        yield now.but(
            Phrase("class c called c + 1, the last one {count}, which stands for no class here", count=count),
            labels=tuple(range(1, count + 1)),
        )


def other_schedule(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """The noises of another named schedule of as many steps."""
    own = patient.checkpoint.schedule
    for name, schedule in _named(own.T):
        if not torch.allclose(schedule.alpha_bars, own.alpha_bars, rtol=1e-3, atol=1e-5):
            yield now.but(Phrase("the schedule {name}", name=name), clock=clock_of(schedule))


def _named(T: int) -> Iterator[tuple[str, Schedule]]:
    """The schedules that people train with."""
    for name in SCHEDULES:
        schedule = make_schedule(name, T)
        yield name, schedule
        if name in ("linear", "scaled_linear", "cosine"):
            yield Phrase("{name} with zero terminal SNR", name=name), rescale_zero_terminal_snr(schedule)
    for name in ("linear", "scaled_linear"):
        stable = make_schedule(name, T, **STABLE_DIFFUSION)
        told = Phrase("{name} from {first} to {last}", name=name, first=0.00085, last=0.012)
        yield told, stable
        yield Phrase("{name} with zero terminal SNR", name=told), rescale_zero_terminal_snr(stable)
    if T != 1000 and 0.02 * 1000 / T <= 1.0:  # as guided diffusion does, so that few steps end where many do
        yield (
            Phrase("linear with β scaled by 1000/T"),
            make_schedule("linear", T, beta_start=0.1 / T, beta_end=20.0 / T),
        )


def scaled_t(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """t counted in other units, or from the other end."""
    T, own = patient.checkpoint.schedule.T, now.clock or patient.own_clock
    if patient.whole_t:
        factors = {"2": 2.0, "1/2": 0.5}
    else:
        factors = {
            "1/T": 1.0 / T, "1,000/T": 1000.0 / T, "T/1,000": T / 1000.0, "1,000": 1000.0, "1/1,000": 1e-3,
            "4": 4.0, "1/4": 0.25, "2": 2.0, "1/2": 0.5, "10": 10.0, "1/10": 0.1,
        }  # fmt: skip
    tried = {1.0}
    for told, factor in factors.items():
        if round(factor, 6) not in tried:
            tried.add(round(factor, 6))
            yield now.but(
                Phrase("t scaled: it was told {factor} · t", factor=told), clock=partial(_scaled, own, factor)
            )
    yield now.but(Phrase("t counted from the other end: T − t"), clock=partial(_reversed, own, T))


def _scaled(own: Clock, factor: float, log_snr: torch.Tensor) -> torch.Tensor:
    return 1.0 + factor * (own(log_snr) - 1.0)  # a network counts from 0


def _reversed(own: Clock, T: int, log_snr: torch.Tensor) -> torch.Tensor:
    return T + 1.0 - own(log_snr)


def shifted_t(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """t off by one or two."""
    own = now.clock or patient.own_clock
    for shift in SHIFTS:
        told = Phrase("t off by {count}: it was told t {shift:+d}", count=abs(shift), shift=shift)
        yield now.but(told, clock=partial(_shifted, own, shift))


def _shifted(own: Clock, shift: int, log_snr: torch.Tensor) -> torch.Tensor:
    return own(log_snr) + shift
