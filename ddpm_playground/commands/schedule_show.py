"""`schedule show`: the numbers of a schedule."""

import argparse
import json

from ..api.schedule_report import tables, terminal_facts
from .schedule_command import add_source, source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which schedule, and the power of the data that meets it."""
    add_source(parser)
    parser.add_argument("--data-power", type=float, default=0.25, help="mean of x_0², default 0.25")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> None:
    """Print it."""
    subject = source(arguments)
    schedule, facts = subject.schedule, terminal_facts(subject.schedule, arguments.data_power)
    if arguments.json:
        told = {"name": schedule.name, "T": schedule.T, **tables(schedule), **facts}
        print(json.dumps(told, allow_nan=False))
        return
    print(f"{schedule.name}, T = {schedule.T:,}")
    for sentence in subject.read_as:
        print(f"  {sentence}")
    for name, value in facts.items():
        print(f"  {name:<24}{'none' if value is None else format(value, '.6g')}")
    print(f"{'t':>7}{'β_t':>14}{'ᾱ_t':>14}{'SNR(t)':>14}{'log SNR':>10}")
    for t in sorted({1, *(round(schedule.T * k / 10) for k in range(1, 11))} - {0}):
        row = (schedule.betas[t], schedule.alpha_bars[t], schedule.snr[t])
        print(f"{t:>7}" + "".join(f"{float(v):>14.6g}" for v in row) + f"{float(schedule.log_snr[t]):>10.4g}")
