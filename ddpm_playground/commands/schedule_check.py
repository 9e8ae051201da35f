"""`schedule check`: the doctor without a screen."""

import argparse
import json
from dataclasses import replace

from ..lab.doctor import STEPS, examine_subject
from ..lab.finding import Finding
from ..lab.subject import Subject
from .schedule import add_source, source
from .schedule_show import terminal_facts

MARKS = {"error": "✗", "warning": "!", "note": "·"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schedule, and what it is used with where its source does not say."""
    add_source(parser)
    parser.add_argument("--steps", type=int, nargs="+", help="numbers of sampling steps, default 10 20 50")
    parser.add_argument("--sample-size", type=int, help="side of the pictures in pixels")
    parser.add_argument("--prediction-type", help="what the network predicts: epsilon, v_prediction or sample")
    parser.add_argument("--spacing", choices=("leading", "linspace", "trailing"), help="how sampling steps are spaced")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 if there is an error among them, else 0."""
    subject = source(arguments)
    told = {"prediction_type": arguments.prediction_type, "timestep_spacing": arguments.spacing}
    told = {key: value for key, value in told.items() if value is not None}
    if told:
        subject = replace(subject, config={**subject.config, **told})
    if arguments.sample_size is not None:
        if arguments.sample_size < 1:
            raise ValueError(f"--sample-size must be at least 1, got {arguments.sample_size}; raise it")
        subject = replace(subject, sample_size=arguments.sample_size)
    findings = examine_subject(subject, arguments.steps or STEPS)
    if arguments.json:
        print(json.dumps(report(subject, findings), ensure_ascii=False, allow_nan=False))
    else:
        _print(subject, findings)
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def report(subject: Subject, findings: list[Finding]) -> dict:
    """The verdict as JSON has it."""
    schedule = subject.schedule
    about = {"name": schedule.name, "T": schedule.T, "class": subject.config.get("_class_name")}
    about |= {"read_as": list(subject.read_as), **terminal_facts(schedule)}
    return {"schedule": about, "findings": [finding.as_json() for finding in findings]}


def _print(subject: Subject, findings: list[Finding]) -> None:
    print(f"{subject.schedule.name}, T = {subject.schedule.T:,}")
    for sentence in subject.read_as:
        print(f"  {sentence}")
    for finding in findings:
        print(f"{MARKS[finding.severity]} {finding.severity}: {finding.code}")
        print(f"  {finding.message}\n  → {finding.fix}\n  {finding.reference}")
    if not findings:
        print("nothing found")
