"""Other people's scheduler configs, and what a doctor must say of each.

tests/lab/corpus/ holds one table for each kind beside the configs: healthy.json (published, they run well),
reported.json (cases with their facts) and strangers.json (faulty, after public reports). Each row says what diffusers
does with the config; `bench.gaussian` measured it.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ddpm_playground.lab.doctor import STEPS, examine_read
from ddpm_playground.lab.finding import SEVERITIES, Finding
from ddpm_playground.lab.reading import subject_of_text

CORPUS = Path(__file__).parents[1] / "tests" / "lab" / "corpus"
HEALTHY, REPORTED, STRANGERS = "healthy", "reported", "strangers"


@dataclass(frozen=True, eq=False)
class Entry:
    """One row of a table.

    Attributes:
        kind: the table.
        file: name of the config.
        steps: numbers of sampling steps to examine and to run.
        codes: pairs of code and severity: in healthy what is true of it nevertheless, else what must be found.
        own_steps: S of the model's own pipeline; 0 where there is none.
        call: what the pipeline hands to set_timesteps beside S.
        distilled: whether its network was distilled for few steps.
        latent: whether it samples an autoencoder's latents.
        refused: a part of the sentence that refuses what cannot be read; empty where it can.
        measured: whether `bench.gaussian` runs it; not tokens, and not what wants a picture and a mask.
    """

    kind: str
    file: str
    steps: tuple[int, ...]
    codes: tuple[tuple[str, str], ...]
    own_steps: int = 0
    call: Mapping[str, Any] = field(default_factory=dict)
    distilled: bool = False
    latent: bool = False
    refused: str = ""
    measured: bool = True

    @property
    def healthy(self) -> bool:
        """Whether it runs well as it is."""
        return self.kind == HEALTHY or not (self.codes or self.refused)

    @property
    def text(self) -> str:
        """The config as it was found."""
        return (CORPUS / self.kind / self.file).read_text()

    @property
    def config(self) -> dict[str, Any]:
        """The same, read."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Seen:
    """What the doctor said.

    Attributes:
        findings: of it, the worst first.
        refusal: the sentence that refused it; empty if it was read.
        seconds: how long that took.
    """

    findings: tuple[Finding, ...]
    refusal: str
    seconds: float


def entries(kind: str) -> Iterator[Entry]:
    """The rows of a table, in its order."""
    for row in json.loads((CORPUS / f"{kind}.json").read_text()):
        healthy = kind == HEALTHY
        yield Entry(
            kind=kind,
            file=row["file"],
            steps=STEPS if healthy else tuple(row.get("steps", STEPS)),
            codes=tuple((code, severity) for code, severity in row["true" if healthy else "codes"]),
            own_steps=row["steps"] if healthy else 0,
            call=row.get("call", {}),
            distilled=row.get("distilled", False),
            latent=row.get("latent", False),
            refused=row.get("refused", ""),
            measured=row.get("kind") not in ("tokens", "inpainting"),
        )


def examine(entry: Entry, config: Mapping[str, Any] | None = None, steps: Sequence[int] | None = None) -> Seen:
    """The doctor on one entry, or on a changed config of it."""
    text, start = entry.text if config is None else json.dumps(config), time.perf_counter()
    try:
        _, found = examine_read(
            lambda: replace(subject_of_text(text, entry.file), latent=entry.latent), steps or entry.steps
        )
    except Exception as stopped:  # a crash must not end the count
        told = str(stopped) if isinstance(stopped, ValueError) else f"crashed: {type(stopped).__name__}: {stopped}"
        return Seen((), told, time.perf_counter() - start)
    return Seen(tuple(found), "", time.perf_counter() - start)


def false_alarms(entry: Entry, seen: Seen) -> list[str]:
    """Errors and warnings that a healthy config does not deserve; a refusal is one."""
    if seen.refusal:
        return [f"refused: {seen.refusal}"]
    deserved = dict(entry.codes)
    return [
        f"{finding.severity} {finding.code}: {finding.message}"
        for finding in seen.findings
        if finding.severity != "note"
        and SEVERITIES.index(finding.severity) < SEVERITIES.index(deserved.get(finding.code, "note"))
    ]


def missed(entry: Entry, seen: Seen) -> list[str]:
    """What a doctor must have found and did not."""
    if seen.refusal:
        named = entry.refused and entry.refused in seen.refusal
        return [] if named else [f"refused: {seen.refusal}"]
    if entry.refused and not entry.codes:
        return [f"not refused for {entry.refused}"]
    got = {(finding.code, finding.severity) for finding in seen.findings}
    return [f"{severity} {code}" for code, severity in entry.codes if (code, severity) not in got]
