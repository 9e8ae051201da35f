"""What the clinic says: one named mistake, with the numbers that it is read from."""

from dataclasses import dataclass, field
from typing import Any

# What there is to look for, in the words of a verdict: code → what the network then is.
TITLES = {
    "prediction-type": "its output is another quantity than its config says",
    "data-range": "trained on pictures in another range than [−1, 1]",
    "channels-swapped": "trained with its channels in another order",
    "channels-doubled": "trained with one channel in the place of others",
    "labels-shifted": "trained with its classes shifted",
    "labels-permuted": "trained with its classes in another order",
    "other-schedule": "trained on another schedule",
    "t-scaled": "trained with t scaled",
    "t-off-by-one": "trained with t off by one or two",
    "unnamed-t": "trained on other noise levels, which no named schedule explains",
    "ema-not-warmed-up": "its averaged weights lag behind its raw ones",
    "not-converged": "not converged",
    "memorised": "memorised or overfitted to its training pictures",
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
