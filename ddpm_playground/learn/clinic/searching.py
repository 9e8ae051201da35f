"""The assumptions under which a network does significantly better than its folder says, one after another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from ...core.phrase import Phrase
from .assumption import Assumption, Clock, through
from .comparing import Fall, fall
from .doubled_channels import doubled_channels
from .label_order import fitted_labels
from .mistakes import (
    other_channels,
    other_labels,
    other_prediction_type,
    other_range,
    other_schedule,
    scaled_t,
    shifted_t,
)
from .patient import Patient
from .snr_levels import even_levels

# What an assumption must do, on pictures that it was not chosen on, to be taken: errors of one quarter of the log SNR
# fall by this share, by this many standard errors, and those of all together do not rise.
LEAST_SHARE, LEAST_Z = 0.03, 5.0
# With it, a network must have learned something: errors of at most so many times those of a linear filter. Read as
# another quantity, what says nearly 0 says nearly x_t, a good answer to much noise: there the filter must be beaten.
NO_WORSE, NO_WORSE_READ = 1.25, 1.0
MOST_TAKEN = 3  # one after another
CONFIRMED = 2  # of each kind, the best on the few pictures that choose
# An unnamed map of t must explain this much more than the best named one does.
UNNAMED_SHARE = 0.1
T_MAP_POINTS = 12
Kind = Callable[[Patient, Assumption], Iterator[Assumption]]
# A mistake that can be tried is one line here: code → the assumptions under which such a network does better.
MISTAKES: dict[str, Kind] = {
    "prediction-type": other_prediction_type,
    "data-range": other_range,
    "channels-swapped": other_channels,
    "channels-doubled": doubled_channels,
    "labels-shifted": other_labels,
    "labels-permuted": fitted_labels,
    "other-schedule": other_schedule,
    "t-scaled": scaled_t,
    "t-off-by-one": shifted_t,
}
OF_T = ("other-schedule", "t-scaled", "t-off-by-one")


@dataclass(frozen=True)
class Taken:
    """An assumption that was tried and holds.

    Attributes:
        code: a key of MISTAKES, or "unnamed-t".
        assumption: with those taken before it.
        quarter: the quarter of the log SNR where errors fall most significantly, 0 the cleanest.
        there: the fall in it.
        whole: the fall at all levels.
        rivals: others that explain nearly as much, in words.
    """

    code: str
    assumption: Assumption
    quarter: int
    there: Fall
    whole: Fall
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Search:
    """What was tried.

    Attributes:
        taken: in the order taken; none where the network does best as its folder says.
        tried: how many assumptions of each kind; 0 where there is nothing to try.
        t_map: (t, the t that the network does best with) at some levels, least noise first.
    """

    taken: tuple[Taken, ...]
    tried: Mapping[str, int]
    t_map: tuple[tuple[int, float], ...]

    @property
    def assumption(self) -> Assumption:
        """With all that was taken."""
        return self.taken[-1].assumption if self.taken else Assumption()


def search(patient: Patient) -> Search:
    """Try every mistake; take the one that lowers the errors most, and try the others on top of it."""
    taken: list[Taken] = []
    tried: dict[str, int] = dict.fromkeys(MISTAKES, 0)
    t_map = best_t(patient, Assumption())
    while len(taken) < MOST_TAKEN:
        now = taken[-1].assumption if taken else Assumption()
        left = {code: kind for code, kind in MISTAKES.items() if not _excluded(code, taken)}
        found = _best(patient, now, left, tried, t_map if not taken else ())
        if found is None:
            break
        taken.append(found)
    return Search(tuple(taken), tried, t_map)


def _excluded(code: str, taken: list[Taken]) -> bool:
    """Whether a mistake of that kind has been taken already; there is one of t, and one of labels."""
    before = {one.code for one in taken}
    groups = [{*OF_T, "unnamed-t"}, {"labels-shifted", "labels-permuted"}, {"channels-swapped", "channels-doubled"}]
    return code in before or any(code in group and before & group for group in groups)


def _best(
    patient: Patient, now: Assumption, kinds: Mapping[str, Kind], tried: dict[str, int],
    t_map: tuple[tuple[int, float], ...],
) -> Taken | None:  # fmt: skip
    """The assumption that lowers the errors most of those that hold, with its rivals."""
    levels = patient.levels
    few = patient.errors(now, patient.screen, levels.log_snr[::2])
    many = patient.errors(now, patient.rest, levels.log_snr)
    holding: list[Taken] = []
    for code, kind in kinds.items():
        candidates = list(kind(patient, now))
        tried[code] = max(tried[code], len(candidates))
        for one in _promising(patient, few, candidates, steep=code == "t-off-by-one"):
            held = _held(patient, code, one, many)
            if held:
                holding.append(held)
    holding.sort(key=lambda held: held.whole.share, reverse=True)
    unnamed = _unnamed(patient, now, many, t_map) if t_map else None
    if unnamed and unnamed.whole.share > (holding[0].whole.share if holding else 0.0) + UNNAMED_SHARE:
        return unnamed
    return _with_rivals(holding) if holding else None


def _promising(patient: Patient, few: torch.Tensor, candidates: list[Assumption], *, steep: bool) -> list[Assumption]:
    """Those that do better on the few pictures that choose, the best first; of a small effect, the best anyway."""
    log_snr = patient.levels.log_snr[::2]
    scored = [(fall(few, patient.errors(one, patient.screen, log_snr)).share, one) for one in candidates]
    scored.sort(key=lambda pair: pair[0], reverse=True)
    return [one for share, one in scored[:CONFIRMED] if share > (-0.01 if steep else 0.0)]


def _held(patient: Patient, code: str, assumption: Assumption, many: torch.Tensor) -> Taken | None:
    """What an assumption does on the pictures that confirm; None where that is not enough.

    With it, the network must do about as well as a linear filter: one that has learned nothing is explained by nothing.
    """
    levels = patient.levels
    after, quarter = patient.errors(assumption, patient.rest, levels.log_snr), levels.quarter
    judged = levels.judged
    linear = patient.linear_errors(patient.seen, patient.rest, levels.log_snr[judged])
    most = NO_WORSE_READ if code == "prediction-type" else NO_WORSE
    if not 1.0 - fall(linear, after[:, judged]).share <= most:
        return None
    whole = fall(many, after)
    parts = [(fall(many[:, quarter == q], after[:, quarter == q]), q) for q in range(4) if bool((quarter == q).any())]
    there, q = max(((one, q) for one, q in parts if one.share >= LEAST_SHARE), key=lambda p: p[0].z, default=(whole, 0))
    holds = there.share >= LEAST_SHARE and there.z >= LEAST_Z and whole.share > 0.0 and whole.z > 0.0
    return Taken(code, assumption, q, there, whole) if holds else None


def _with_rivals(holding: list[Taken]) -> Taken:
    """The best one, with those that lower the errors by nearly as much: within a tenth of what it does."""
    best = holding[0]
    near = [one for one in holding[1:] if one.whole.share > 0.9 * best.whole.share]
    told = tuple(one.assumption.told for one in near)
    return Taken(best.code, best.assumption, best.quarter, best.there, best.whole, told)


def best_t(patient: Patient, now: Assumption) -> tuple[tuple[int, float], ...]:
    """At some levels, t and the t told with which the errors are least on the pictures that choose."""
    levels = even_levels(patient.checkpoint.schedule, T_MAP_POINTS)
    at, told = levels.log_snr[::2], levels.t.double()
    rows = []
    for one in told.tolist():
        constant = now.but("", clock=lambda log_snr, one=one: torch.full_like(log_snr, one))
        rows.append(patient.errors(constant, patient.screen[:8], at).mean(0))
    table = torch.stack(rows).log()
    return tuple((int(t), _least(told, table[:, k])) for k, t in enumerate(levels.t[::2].tolist()))


def _least(told: torch.Tensor, errors: torch.Tensor) -> float:
    """The t of the least error, between the t's tried where a parabola through three of them has its foot."""
    place = int(errors.nan_to_num(nan=torch.inf).argmin())
    if place in (0, len(told) - 1):
        return float(told[place])
    left, middle, right = (float(errors[place + step]) for step in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend > 0 else 0.0
    low, high = told[place - 1], told[place + 1]
    return float(told[place] + (shift * (high - told[place]) if shift > 0 else shift * (told[place] - low)))


def _unnamed(
    patient: Patient, now: Assumption, many: torch.Tensor, t_map: tuple[tuple[int, float], ...]
) -> Taken | None:
    """The measured map of t as an assumption of its own."""
    schedule = patient.checkpoint.schedule
    points = schedule.log_snr[[t for t, _ in t_map]].flip(0)
    told = torch.tensor([best for _, best in t_map], dtype=torch.float64).flip(0)
    clock: Clock = through(points, told)
    return _held(patient, "unnamed-t", now.but(Phrase("another t than its own at each noise level"), clock=clock), many)
