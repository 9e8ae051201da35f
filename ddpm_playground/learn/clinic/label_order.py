"""Which class embedding a network does best with for the pictures of each class."""

from collections.abc import Iterator

import torch
from scipy.optimize import linear_sum_assignment

from ...core.phrase import Phrase, in_a_row
from .assumption import Assumption
from .patient import Patient

MOST_CLASSES = 20  # each is tried with each embedding
A_CLASS = 3  # pictures
MIDDLE = (-2.0, 0.0)  # log SNR in nats, where a picture's class is of use and cannot be seen


def fitted_labels(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """The classes in the order that the network does best with, where it is another one, each taken once.

    It is fitted on pictures of their own, beside those that choose and confirm. A shift of all has a line of its own.
    """
    count = len(patient.checkpoint.class_names)
    if not 2 <= count <= MOST_CLASSES or patient.spare is None or not patient.seen.labelled:
        return
    order = _least_errors(patient, now, count)
    shifts = {(c - i) % count for i, c in enumerate(order)}
    if len(shifts) > 1:
        names = patient.checkpoint.class_names
        moved = [Phrase("{one} as {other}", one=names[i], other=names[c]) for i, c in enumerate(order) if i != c]
        shown = in_a_row(moved[:4])
        if len(moved) > 4:
            shown = Phrase("{some} and {count} more", some=shown, count=len(moved) - 4)
        yield now.but(Phrase("classes in another order: {moved}", moved=shown), labels=order)


def _least_errors(patient: Patient, now: Assumption, count: int) -> tuple[int, ...]:
    """For each class an embedding of its own, so that the errors over its first spare pictures are least together."""
    spare = patient.spare
    assert spare is not None
    who = torch.cat([(spare.labels == c).nonzero()[:A_CLASS, 0] for c in range(count)])
    at = torch.tensor(MIDDLE, dtype=torch.float64)
    given = [patient.errors(now.but("", labels=(e,) * count), who, at, spare) for e in range(count)]
    totals = torch.stack([(one / given[0].mean(0)).sum(1) for one in given], 1).nan_to_num()
    sums = torch.zeros(count, count, dtype=torch.float64).index_add_(0, spare.labels[who], totals)
    return tuple(int(c) for c in linear_sum_assignment(sums.numpy())[1])
