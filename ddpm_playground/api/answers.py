"""What a deed answers: facts in JSON's types, and files by their names."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A schedule or a config: a name with its parameters, the text of a file, the JSON object itself, or an upload.
Config = str | dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        facts: in JSON's types, without NaN.
        files: name → what is in it, in the order in which the deed promises them.
    """

    facts: dict[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same for a pipe between processes."""
        files = {name: base64.b64encode(data).decode("ascii") for name, data in self.files.items()}
        return {"facts": self.facts, "files": files}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Answer":
        """What `as_json` made."""
        return cls(told["facts"], {name: base64.b64decode(data) for name, data in told["files"].items()})
