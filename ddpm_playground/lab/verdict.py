"""The verdict on one source of many: what it was, what was found, or why it cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .finding import SEVERITIES, Finding
from .read_schedule import ReadSchedule


@dataclass(frozen=True, eq=False)
class Verdict:
    """What came of one source.

    Attributes:
        what: how it was named.
        file: the file that it was read from; None for a schedule's name.
        subject: what was read; None if it cannot be, or is a class that has no schedule.
        findings: the worst first.
        problem: why it cannot be read; empty if it can.
    """

    what: str
    file: Path | None = None
    subject: ReadSchedule | None = None
    findings: Sequence[Finding] = ()
    problem: str = ""

    @property
    def failed(self) -> bool:
        """Whether it cannot be read, or has an error."""
        return bool(self.problem) or any(finding.severity == "error" for finding in self.findings)


def count_severities(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Severity → how many findings of all verdicts have it."""
    severities = [finding.severity for verdict in verdicts for finding in verdict.findings]
    return {severity: severities.count(severity) for severity in SEVERITIES}
