"""What a comparison's columns are told of; they follow each other as the player's messages do, see docs/protocol.md."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from .parts import Figure
from .player_messages import Gone, Waiting

Uint8 = str
"""base64 of bytes: pictures as they are painted."""


class ComparedColumn(TypedDict):
    """A column as it begins: its settings, t and log SNR of every step, and which steps are shown."""

    settings: dict[str, str]
    t: list[int]
    log_snr: Sequence[float | None]
    at: list[int]


CompareFrame = tuple[int, Uint8, Uint8, Uint8, Uint8]
"""Column; then its next shown step: x_t, x̂_0, ε̂ and the difference to the first column's x̂_0, N·C·H·W each."""


class ColumnsOpening(TypedDict):
    """The first message of a comparison.

    asked: the page's own name for what it asked.
    shape: C, H and W of a picture in a frame: every `grain`-th row and column.
    thinned: whether steps are left out, so that the frames stay within `most_mb` MB.
    """

    run: str
    asked: str
    columns: list[ComparedColumn]
    shape: list[int]
    count: int
    grain: int
    thinned: bool
    most_mb: int
    frames: list[CompareFrame]


class ColumnsFrames(TypedDict):
    """Frames `before`… of a comparison, of which there are `total`; the last message says how it ended.

    done_steps, all_steps: pictures by the step.
    found: as `experiments.Difference` has it, a column each; only of a comparison that has come to its end.
    figures: Plotly's, likewise.
    """

    run: str
    before: int
    total: int
    frames: list[CompareFrame]
    done_steps: NotRequired[int]
    all_steps: NotRequired[int]
    done: NotRequired[bool]
    stopped: NotRequired[bool]
    problem: NotRequired[str]
    found: NotRequired[list[dict[str, object]]]
    figures: NotRequired[dict[str, Figure]]


class ColumnsRefused(TypedDict):
    """A comparison that cannot be: why."""

    asked: str
    problem: str


class ColumnsWaiting(Waiting):
    """See `Waiting`."""

    asked: str


ColumnsMessage = ColumnsOpening | ColumnsFrames | ColumnsWaiting | ColumnsRefused | Gone


class CompareAsked(TypedDict):
    """What is compared; asked: a name by which the page knows the answer."""

    asked: str
    columns: list[str]
    num_images: int
    checkpoint: str
