"""`schedule show`: the numbers of a schedule."""

import argparse
import json
import math

import torch

from ..core import Schedule, prior_kl
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
        tables = {
            "betas": plain(schedule.betas[1:]),
            "alpha_bars": plain(schedule.alpha_bars),
            "snr": plain(schedule.snr[1:]),
        }
        print(json.dumps({"name": schedule.name, "T": schedule.T, **tables, **facts}, allow_nan=False))
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


def terminal_facts(schedule: Schedule, data_power: float = 0.25) -> dict[str, float | None]:
    """What is left at T; None for what is not finite."""
    facts = {
        "terminal_snr": float(schedule.snr[-1]),
        "sqrt_alpha_bar_T": float(schedule.alpha_bars[-1].sqrt()),
        "prior_kl_bits_per_dim": prior_kl(schedule, data_power),
    }
    return {name: value if math.isfinite(value) else None for name, value in facts.items()}


def plain(table: torch.Tensor) -> list[float | None]:
    """Numbers for JSON, which has no NaN and no ∞: they become null."""
    return [value if math.isfinite(value) else None for value in table.tolist()]
