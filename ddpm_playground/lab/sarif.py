"""Verdicts as SARIF 2.1.0 (OASIS), the format that code hosts and editors take findings in."""

import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from .doctor import EXAMINATIONS
from .finding import Finding
from .verdict import Verdict
from .wording import REFERENCES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
UNREADABLE = "unreadable"
# Who is cited → where that stands.
SOURCES = {
    "Lin et al. 2023": "https://arxiv.org/abs/2305.08891",
    "Kingma et al. 2021": "https://arxiv.org/abs/2107.00630",
    "Karras et al. 2022": "https://arxiv.org/abs/2206.00364",
    "Nichol & Dhariwal 2021": "https://arxiv.org/abs/2102.09672",
    "Salimans & Ho 2022": "https://arxiv.org/abs/2202.00512",
    "Song, Meng & Ermon 2021": "https://arxiv.org/abs/2010.02502",
    "Hoogeboom, Heek & Salimans 2023": "https://arxiv.org/abs/2301.11093",
    "Esser et al. 2024": "https://arxiv.org/abs/2403.03206",
    "Ho et al. 2020": "https://arxiv.org/abs/2006.11239",
    "diffusers": "https://huggingface.co/docs/diffusers/api/schedulers/overview",
}
PLACE = re.compile(r"line (\d+), column (\d+)")


def sarif(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One run over all verdicts: a rule for each kind of finding, a result for each finding and unreadable source."""
    codes = [*EXAMINATIONS, UNREADABLE]
    driver = {
        "name": "ddpm-playground",
        "semanticVersion": __version__,
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [result for verdict in verdicts for result in _results(verdict, codes)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(code: str) -> dict[str, Any]:
    """What a kind of finding is, and who says so."""
    if code == UNREADABLE:
        told, cited = "The source cannot be read as a noise schedule.", ""
    else:
        told = (inspect.getdoc(EXAMINATIONS[code]) or code).splitlines()[0]
        keys = [key for key in REFERENCES if key.partition("/")[0] == code]
        cited = "; ".join(dict.fromkeys(REFERENCES[key] for key in keys))
    rule: dict[str, Any] = {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": told},
        "help": {"text": cited or told},
    }
    uri = next((uri for source, uri in SOURCES.items() if source in cited), None)
    return rule | ({"helpUri": uri} if uri else {})


def _results(verdict: Verdict, codes: Sequence[str]) -> list[dict[str, Any]]:
    if verdict.problem:
        place = PLACE.search(verdict.problem)
        region = {"startLine": int(place[1]), "startColumn": int(place[2])} if place else {"startLine": 1}
        return [_result(UNREADABLE, "error", verdict.problem, codes, _location(verdict, region))]
    text = _text(verdict.file)
    found = []
    for finding in verdict.findings:
        location = _location(verdict, {"startLine": line_of(finding, text)})
        found.append(_result(finding.code, finding.severity, f"{finding.message}\n{finding.fix}", codes, location))
    return found


def _result(code: str, level: str, told: str, codes: Sequence[str], location: dict[str, Any]) -> dict[str, Any]:
    return {
        "ruleId": code,
        "ruleIndex": list(codes).index(code),
        "level": level,
        "message": {"text": told},
        "locations": [location],
    }


def _location(verdict: Verdict, region: dict[str, int]) -> dict[str, Any]:
    """Where in which file; a schedule's name is no file."""
    if verdict.file is None:
        return {"logicalLocations": [{"name": verdict.what, "kind": "object"}]}
    try:
        inside = verdict.file.resolve().relative_to(Path.cwd())
        artifact = {"uri": quote(inside.as_posix()), "uriBaseId": "%SRCROOT%"}
    except (ValueError, OSError):
        artifact = {"uri": verdict.file.absolute().as_uri()}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _text(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file else ""
    except OSError:
        return ""


def line_of(finding: Finding, text: str) -> int:
    """The line, from 1, of the first key that a finding speaks of and the text has; 1 if there is none."""
    for word in re.findall(r"[a-z]\w*_\w+", f"{finding.message} {finding.fix}"):
        at = text.find(f'"{word}"')
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return 1
