"""Whether a network takes two channels for one: what is left in its x̂_0 of the difference between them."""

from collections.abc import Iterator
from itertools import combinations

from ...core.phrase import Phrase
from .assumption import Assumption
from .patient import Patient

LEAST_LOG_SNR = 3.0  # in nats; with so little noise, the difference between channels can be seen
LEAST_POWER = 1e-3  # of the difference in the data, mean of a square; with less there is none to keep
MOST_KEPT = 0.5  # of the difference, by a network that does not know of it


def doubled_channels(patient: Patient, now: Assumption) -> Iterator[Assumption]:
    """Pictures of which one channel stands in the place of others, where the network erases what differs.

    A picture with a channel twice is easier than another one, so that less error alone would show nothing.
    """
    count = patient.seen.x_0.shape[1]
    pairs = [pair for pair, share in kept_differences(patient, now).items() if share < MOST_KEPT]
    for one, other in pairs:
        for source, place in ((one, other), (other, one)):
            order = tuple(source if c == place else c for c in range(count))
            told = Phrase("channel {one} also in the place of channel {other}", one=source + 1, other=place + 1)
            yield now.but(told, channels=order)
    if count > 2 and len(pairs) == count * (count - 1) // 2:
        for source in range(count):
            told = Phrase("channel {one} in the place of all: greys", one=source + 1)
            yield now.but(told, channels=(source,) * count)


def kept_differences(patient: Patient, now: Assumption) -> dict[tuple[int, int], float]:
    """For each pair of channels that differ in the data, the share of the difference that x̂_0 keeps at little noise.

    It is the slope of x̂_0's difference on x_0's: 1 for a network that knows them apart, near 0 for one that takes both
    for the same.
    """
    curve = patient.curve
    clean = [k for k in range(len(curve)) if float(curve.log_snr[k]) >= LEAST_LOG_SNR] or [0]
    if patient.seen.x_0.shape[1] < 2:
        return {}
    asked = patient.asked(now, patient.screen, curve.log_snr, clean[-1])
    found = {}
    for one, other in combinations(range(asked.x_0.shape[1]), 2):
        true = asked.x_0[:, one] - asked.x_0[:, other]
        power = float(true.square().mean())
        if power >= LEAST_POWER:
            said = (asked.prediction.x_hat_0[:, one] - asked.prediction.x_hat_0[:, other]) / now.scale
            found[one, other] = float((true * said).mean()) / power
    return found
