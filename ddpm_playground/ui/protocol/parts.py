"""What all messages are made of. Arrays are base64 of little-endian numbers; Float16, Float32, Float64 say which."""

from typing import Any, TypedDict

Float16 = str
Float32 = str
Float64 = str
Figure = dict[str, Any]  # Plotly's, as JSON


class Note(TypedDict):
    """A text for the page to say: its key, and what fills its places; a value may be a note itself."""

    key: str
    values: dict[str, Any]


class Problem(TypedDict):
    """What a server function answers where it refuses: why, in the reader's language."""

    problem: str


class Ticket(TypedDict):
    """What a server function answers that has to wait or work: ask again with the ticket; `place` go before.

    `progress` is how many steps are done, and how many there are, where the work tells; else empty.
    """

    ticket: str
    place: int
    progress: list[int]
