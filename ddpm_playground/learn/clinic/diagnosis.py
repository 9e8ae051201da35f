"""What the clinic says: one named mistake, with the numbers that it is read from, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

TRIED = "measured here: the same pictures with the same noises, given in both ways"


class Ailment(NamedTuple):
    """What there is to look for.

    Attributes:
        title: what the network then is, in the words of a verdict.
        severity: "error": it is used otherwise than it was trained, and draws wrongly; "warning": it draws worse than
            it could; "note": worth knowing.
        fix: what to do.
        reference: who says so.
    """

    title: str
    severity: str
    fix: str
    reference: str = TRIED


AILMENTS = {
    "prediction-type": Ailment(
        "its output is another quantity than its config says",
        "error",
        "Set prediction_type in its scheduler_config.json to what it says.",
        "Salimans & Ho (2022), section 4",
    ),
    "data-range": Ailment(
        "trained on data in another range than [−1, 1]",
        "error",
        "Train it on pictures in [−1, 1], as the samplers take them; or scale what it draws back from its range.",
        "Ho et al. (2020), section 3.3",
    ),
    "channels-swapped": Ailment(
        "trained with channels swapped",
        "error",
        "Read pictures with their channels in that order, as OpenCV reads them (blue, green, red), or reorder those of "
        "the weights of conv_in and conv_out.",
    ),
    "channels-doubled": Ailment(
        "trained with channels doubled",
        "error",
        "Correct how the training reads its pictures, and train again: one channel stands there in another's place.",
    ),
    "labels-shifted": Ailment(
        "trained with labels shifted",
        "error",
        "Ask for each class by the number that it was trained under, or shift the rows of its class embedding.",
    ),
    "labels-permuted": Ailment(
        "trained with labels in another order",
        "error",
        "Put its class names in the order of its training; folders of classes are read in the order of their names.",
    ),
    "other-schedule": Ailment(
        "trained on another schedule",
        "error",
        "Write the β_t of its training into its scheduler_config.json.",
        "Nichol & Dhariwal (2021), section 3.2; Lin et al. (2024)",
    ),
    "t-scaled": Ailment(
        "trained with t scaled",
        "error",
        "Tell it t in the unit of its training wherever it is used; diffusers tells it 0 to T − 1.",
        "Ho et al. (2020), algorithm 1",
    ),
    "t-off-by-one": Ailment(
        "trained with t off by one or two",
        "warning",
        "Count t as its training did; diffusers' t is that of the paper less 1.",
        "Ho et al. (2020), algorithm 1",
    ),
    "unnamed-t": Ailment(
        "trained on other noise levels, which no named schedule explains",
        "error",
        "Compare the noise that its training adds at each t with ᾱ_t of its scheduler_config.json.",
        "Ho et al. (2020), algorithm 1",
    ),
    "ema-not-warmed-up": Ailment(
        "EMA not warmed up: the averaged weights lag behind the raw ones",
        "warning",
        "Use the raw weights, lower the decay, let it rise from 0 as the training goes on, or train longer.",
        "Karras et al. (2024), section 3",
    ),
    "not-converged": Ailment(
        "not converged",
        "warning",
        "Train longer; or it is used here in a way that it was not trained for and that is none of those tried.",
        "Wiener (1949)",
    ),
    "memorised": Ailment(
        "memorised: overfitted to its training pictures",
        "warning",
        "Train on more pictures, for fewer steps, or with a smaller network.",
        "Carlini et al. (2023); Somepalli et al. (2023)",
    ),
    "coarse-structure": Ailment(
        "coarse structure learned badly",
        "note",
        "Train longer, or count errors with much noise for more: those of ε are small there.",
        "Nichol & Dhariwal (2021), section 3.3",
    ),
}
# What a verdict can say: a note is none.
TITLES = {code: one.title for code, one in AILMENTS.items() if one.severity != "note"}
QUARTERS = ("cleanest", "second cleanest", "second noisiest", "noisiest")  # of the log SNR


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that the measurements show.

    Attributes:
        code: a key of AILMENTS.
        message: what was measured.
        z: how many standard errors it is away from nothing; None where no single test says it.
        numbers: what the message is made of.
    """

    code: str
    message: str
    z: float | None
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def ailment(self) -> Ailment:
        """What it is, how badly, and what to do."""
        return AILMENTS[self.code]

    @property
    def title(self) -> str:
        """In one phrase."""
        return self.ailment.title

    def in_language(self, say: Callable[[object], str] = str) -> dict[str, Any]:
        """What a reader sees of it, in JSON's types.

        Args:
            say: how a sentence or a Phrase is said to him.
        """
        z = None if self.z is None else max(-1e6, min(1e6, self.z))
        one = self.ailment
        numbers = {key: _said(value, say) for key, value in self.numbers.items()}
        return {"code": self.code, "severity": one.severity, "title": say(one.title), "message": say(self.message),
                "fix": say(one.fix), "reference": say(one.reference), "z": z, "numbers": numbers}  # fmt: skip


def _said(value: Any, say: Callable[[object], str]) -> Any:
    """A number as it is, and words said."""
    if isinstance(value, list):
        return [_said(one, say) for one in value]
    return say(value) if isinstance(value, str) else value
