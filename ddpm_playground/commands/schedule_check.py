"""`schedule check`: the doctor without a screen."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..api.schedule_report import report, with_besides
from ..lab.doctor import STEPS, examine_read
from ..lab.finding import Finding
from ..lab.read_schedule import ReadSchedule
from ..lab.reading import file_of, read_subject
from ..lab.sarif import sarif
from ..lab.verdict import Verdict, count_severities
from .schedule_command import add_source, source
from .schedule_lists import add_lists, lists

MARKS = {"error": "✗", "warning": "!", "note": "·"}

DESCRIPTION = (
    "Examine schedules and scheduler configs. Exit code 0 without an error, 1 with one. Of several sources each is "
    "examined, and one that cannot be read counts as an error; a single one that cannot be read gives exit code 2."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schedules, and what they are used with where their source does not say."""
    parser.description = DESCRIPTION
    add_source(parser, many=True)
    parser.add_argument("--steps", type=int, nargs="+", help="numbers of sampling steps, default 10 20 50")
    parser.add_argument("--sample-size", type=int, help="side of the pictures in pixels")
    parser.add_argument("--prediction-type", help="what the network predicts: epsilon, v_prediction or sample")
    parser.add_argument("--spacing", choices=("leading", "linspace", "trailing"), help="how sampling steps are spaced")
    parser.add_argument(
        "--trained-with", metavar="TRAIN", help="what the network was trained with, named as WHAT is: are the t those?"
    )
    add_lists(parser)
    parser.add_argument("--format", choices=tuple(PRINTERS), default="text", help="what is printed, default text")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 if there is an error among them or, of several sources, one cannot be read, else 0."""
    lists(arguments)
    if arguments.trained_with is not None:
        read_subject(arguments.trained_with)
    alone = len(arguments.what) == 1 and arguments.format != "sarif"
    verdicts = [_verdict(arguments, what, alone) for what in arguments.what]
    PRINTERS[arguments.format](verdicts)
    return 1 if any(verdict.failed for verdict in verdicts) else 0


def _verdict(arguments: argparse.Namespace, what: str, alone: bool) -> Verdict:
    """What is found about one source; of several, one that cannot be read does not end the rest."""
    try:
        subject, findings = examine_read(
            lambda: _told(source(arguments, what), arguments), arguments.steps or STEPS, **lists(arguments)
        )
        return Verdict(what, file_of(what), subject, findings)
    except ValueError as error:
        if alone:
            raise
        return Verdict(what, file_of(what), problem=str(error))


def _told(subject: ReadSchedule, arguments: argparse.Namespace) -> ReadSchedule:
    """The subject with what the arguments say besides."""
    if arguments.sample_size is not None and arguments.sample_size < 1:
        raise ValueError(f"--sample-size must be at least 1, got {arguments.sample_size}; raise it")
    subject = with_besides(subject, arguments.prediction_type, arguments.spacing, arguments.sample_size)
    if arguments.trained_with is not None:
        subject = replace(subject, trained=read_subject(arguments.trained_with))
    return subject


def _print_json(verdicts: Sequence[Verdict]) -> None:
    """One object: the verdict of one source as it stands, of several under "checked"."""
    told = [
        {"what": verdict.what, "problem": verdict.problem}
        if verdict.problem
        else {"what": verdict.what, **report(verdict.subject, verdict.findings)}
        for verdict in verdicts
    ]
    whole = {key: told[0][key] for key in told[0] if key != "what"} if len(told) == 1 else {"checked": told}
    print(json.dumps(whole, ensure_ascii=False, allow_nan=False))


def _print_text(verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        if len(verdicts) > 1:
            print(f"== {verdict.what}")
        if verdict.problem:
            print(f"{MARKS['error']} unreadable: {verdict.problem}")
        else:
            _print_one(verdict.subject, verdict.findings)
    if len(verdicts) > 1:
        counts = ", ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in count_severities(verdicts).items())
        unreadable = sum(bool(verdict.problem) for verdict in verdicts)
        print(f"{len(verdicts)} checked: {counts}; {unreadable} unreadable")


def _print_one(subject: ReadSchedule | None, findings: Sequence[Finding]) -> None:
    print(f"{subject.schedule.name}, T = {subject.schedule.T:,}" if subject else "no noise schedule")
    for sentence in subject.read_as if subject else ():
        print(f"  {sentence}")
    for finding in findings:
        print(f"{MARKS[finding.severity]} {finding.severity}: {finding.code}")
        print(f"  {finding.message}\n  → {finding.fix}\n  {finding.reference}")
    if not findings:
        print("nothing found")


def _print_sarif(verdicts: Sequence[Verdict]) -> None:
    print(json.dumps(sarif(verdicts), ensure_ascii=False, allow_nan=False, indent=1))


# --format → how verdicts are printed
PRINTERS: dict[str, Callable[[Sequence[Verdict]], None]] = {
    "text": _print_text,
    "json": _print_json,
    "sarif": _print_sarif,
}
