"""What the clinic says: one named mistake, with the numbers that it is read from."""

from dataclasses import dataclass, field
from typing import Any

# What there is to look for, in the words of a verdict: code → what the network then is.
TITLES = {
    "prediction-type": "its output is another quantity than its config says",
    "data-range": "trained on data in another range than [−1, 1]",
    "channels-swapped": "trained with channels swapped",
    "channels-doubled": "trained with channels doubled",
    "labels-shifted": "trained with labels shifted",
    "labels-permuted": "trained with labels in another order",
    "other-schedule": "trained on another schedule",
    "t-scaled": "trained with t scaled",
    "t-off-by-one": "trained with t off by one or two",
    "unnamed-t": "trained on other noise levels, which no named schedule explains",
    "ema-not-warmed-up": "EMA not warmed up: the averaged weights lag behind the raw ones",
    "not-converged": "not converged",
    "memorised": "memorised: overfitted to its training pictures",
}
QUARTERS = ("cleanest", "second cleanest", "second noisiest", "noisiest")  # of the log SNR


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that the measurements show.

    Attributes:
        code: a key of TITLES.
        message: what was measured.
        z: how many standard errors it is away from nothing; None where no single test says it.
        numbers: what the message is made of.
    """

    code: str
    message: str
    z: float | None
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """In one phrase."""
        return TITLES[self.code]

    def as_json(self) -> dict[str, Any]:
        """What a reader sees of it."""
        z = None if self.z is None else max(-1e6, min(1e6, self.z))
        return {"code": self.code, "title": self.title, "message": self.message, "z": z, "numbers": self.numbers}
