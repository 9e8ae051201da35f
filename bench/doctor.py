"""How right the doctor is: false alarms on healthy configs, faults it names, fixes that hold."""

import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ddpm_playground.lab.finding import Finding

from .corpus import CORPUS, HEALTHY, REPORTED, STRANGERS, Entry, Seen, entries, examine, false_alarms, missed
from .gaussian import TOLERANCE, Ended, run
from .row import Row

# Faults of a run, which a fix must cure in the run.
OF_RUNNING = {"step-fails", "not-finite-step", "cannot-run", "unclipped-divergence"}
# Least share of the data's spread that few steps leave, and how much farther from it a fix may end.
FLOOR, SLACK = 0.5, 0.1


def patched(config: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A config with a patch: None takes a key away."""
    return {key: value for key, value in {**config, **patch}.items() if key not in patch or value is not None}


def broken_by(entry: Entry, seen: Seen, finding: Finding, *, again: bool = True) -> list[str]:
    """Why a fix that was offered does not hold; empty if it does.

    It holds if the doctor finds the fault no more and no error or warning is new, and if diffusers itself, run with the
    patched config, neither stops nor ends farther from the data than before; nor at all, where that was the fault.

    Args:
        entry: of the corpus.
        seen: what the doctor said of it.
        finding: one of these.
        again: whether the doctor examines the patched config.
    """
    if finding.patch is None:
        return []
    config, told = patched(entry.config, finding.patch), []
    if again:
        after = examine(entry, config)
        known = {one.code for one in seen.findings if one.severity != "note"}
        told += [f"refused: {after.refusal}"] if after.refusal else []
        told += [f"{one.code} is new" for one in after.findings if one.severity != "note" and one.code not in known]
        told += [f"{one.code} is still there" for one in after.findings if one.code == finding.code]
    if entry.measured:
        for steps in entry.steps:
            for error in (0.0, 0.01):
                told += _worse(entry, config, finding.code in OF_RUNNING, steps, error)
    return told


def _worse(entry: Entry, config: Mapping[str, Any], cured: bool, steps: int, error: float) -> Iterator[str]:
    """What diffusers does worse with a patched config, or as badly where the patch is to cure just that."""
    now = _ran(entry, config, steps, error)
    stops, beside = _stops(now), _beside(now)
    if not stops and not beside:
        return
    before = _ran(entry, entry.config, steps, error)
    if stops and (cured or not _stops(before)):
        yield f"{steps} steps: {stops}"
    elif not stops and (cured or beside > _beside(before) + SLACK):
        yield f"{steps} steps, error {error:g}: ends at {now.spread:.3g} where {now.wanted:g} is right"


def _ran(entry: Entry, config: Mapping[str, Any], steps: int, error: float) -> Ended:
    """How a run ends; two fixes of one config begin at the same, and often come to the same."""
    return _run(json.dumps(config), steps, json.dumps(entry.call), entry.distilled, error)


@cache
def _run(config: str, steps: int, call: str, distilled: bool, error: float) -> Ended:
    return run(json.loads(config), steps, json.loads(call), distilled=distilled, error=error)


def _stops(ended: Ended) -> str:
    """Why nothing came out of a run; empty if something did."""
    return ended.raised or ("" if ended.finite else "not finite")


def _beside(ended: Ended) -> float:
    """How far a run ended above TOLERANCE or below FLOOR of the data's spread; few steps always lose some of it."""
    if _stops(ended):
        return float("inf")
    share = ended.spread / ended.wanted
    return max(share - 1 - TOLERANCE, FLOOR - share, 0.0)


def rows() -> Iterator[Row]:
    """Over the whole corpus; which entries fall short is told on stderr."""
    kinds = [kind for kind in (HEALTHY, REPORTED, STRANGERS) if (CORPUS / f"{kind}.json").exists()]
    corpus = [entry for kind in kinds for entry in entries(kind)]
    examine(corpus[0])
    looked = [(entry, examine(entry)) for entry in corpus]
    healthy = [(entry, seen) for entry, seen in looked if entry.healthy]
    faulty = [(entry, seen) for entry, seen in looked if not entry.healthy]
    alarmed = [entry.file for entry, seen in healthy if _told(entry, false_alarms(entry, seen))]
    named = [entry.file for entry, seen in faulty if not _told(entry, missed(entry, seen))]
    offered = [(entry, seen, one) for entry, seen in looked for one in seen.findings if one.patch is not None]
    held = [one for entry, seen, one in offered if not _told(entry, broken_by(entry, seen, one), one)]
    seconds = [seen.seconds for _, seen in looked]
    yield _count("healthy configs with a false error or warning", len(alarmed), "all of them", len(healthy), "≤ 0")
    yield _count("reported faults that are named", len(named), "all of them", len(faulty), "≥ 1")
    yield _count("fixes that hold", len(held), "fixes that are offered", len(offered), "≥ 1")
    typical, worst = statistics.median(seconds), max(seconds)
    yield Row("the longest check", worst, "the median one", typical, "s", worst, "≤ 1")


def _count(what: str, ours: int, against: str, theirs: int, goal: str) -> Row:
    ratio = ours if goal.startswith("≤") else ours / max(theirs, 1)
    return Row(what, float(ours), against, float(theirs), "", float(ratio), goal)


def _told(entry: Entry, short: list[str], finding: Finding | None = None) -> bool:
    """Whether an entry falls short, after having said how."""
    about = f"{entry.kind}/{entry.file}" + (f", {finding.code}, {dict(finding.patch or {})}" if finding else "")
    for one in short:
        print(f"{about}: {one}", file=sys.stderr)
    return bool(short)
