"""Classes that work on other data than an x_t = a x_0 + b ε, such as tokens: they have no noise schedule."""

from ..core.phrase import Phrase, Refusal


class OtherData(Refusal):
    """A sound config of such a class: there is nothing to examine, and nothing wrong.

    Attributes:
        name: the class.
        reason: why no noise level of it is known.
    """

    def __init__(self, name: str, reason: Phrase) -> None:
        super().__init__(
            "{name} keeps no noise levels of an x_t = a x_0 + b ε (it works on other data), so it has no schedule to "
            "examine; give the config of another scheduler",
            name=name,
        )
        self.name, self.reason = name, reason
