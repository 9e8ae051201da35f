"""`check`: the doctor's verdict in somebody's code."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..lab.doctor import STEPS, examine_read
from ..lab.finding import Finding
from ..lab.read_schedule import ReadSchedule
from .named import read_anything

MARKS = {"error": "✗", "warning": "!", "note": "·"}


@dataclass(frozen=True, eq=False, repr=False)
class Checked:
    """What the doctor says.

    Attributes:
        subject: what was read; None of a class that has no noise schedule.
        findings: the worst first.
        steps: numbers of sampling steps that were examined.
    """

    subject: ReadSchedule | None
    findings: tuple[Finding, ...]
    steps: tuple[int, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def title(self) -> str:
        """What was examined."""
        if self.subject is None:
            return "no noise schedule"
        return (
            f"{self.subject.schedule.name}, T = {self.subject.schedule.T:,}, at {', '.join(map(str, self.steps))} steps"
        )

    def __repr__(self) -> str:
        lines = [self.title]
        for one in self.findings:
            lines += [f"{MARKS[one.severity]} {one.severity}: {one.code}", f"  {one.message}", f"  → {one.fix}"]
        return "\n".join(lines if self.findings else [*lines, "nothing found"])

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{MARKS[one.severity]} {one.severity}: {html.escape(one.code)}</b><br>{html.escape(one.message)}"
            f"<br><i>{html.escape(one.fix)}</i> <small>({html.escape(one.reference)})</small></li>"
            for one in self.findings
        )
        return f"<div><b>{html.escape(self.title)}</b><ul>{items or '<li>nothing found</li>'}</ul></div>"


def check(what: Any, steps: int | Sequence[int] = STEPS) -> Checked:
    """What is wrong with a schedule, a scheduler's config or a pipeline's scheduler.

    Args:
        what: see `named.read_anything`.
        steps: numbers of sampling steps to examine.

    Raises:
        ValueError: what cannot be read as a schedule; a number of steps below 1.
    """
    asked = (steps,) if isinstance(steps, int) else tuple(steps)
    subject, findings = examine_read(lambda: read_anything(what), asked)
    return Checked(subject, tuple(findings), asked)
