"""`clock`: the same small network trained to say ε, x_0, v and u, measured on one axis of log SNR."""

import argparse
import json
import sys
from typing import Any

from ..core import SCHEDULES
from ..core.checks import whole_number

DESCRIPTION = (
    "One clock for the families: the same small network, the same points, the same noises, trained to say ε, x_0, v or "
    "the velocity u = ε − x_0 of flow matching. What each says is read as ε̂: its error by log SNR, how many steps of "
    "DDIM its samples need, how straight its paths are. And DDIM beside Euler's steps along u, which are the same."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """On which points, and how long."""
    from ..learn.data.planar import PLANAR_SETS

    parser.description = DESCRIPTION
    parser.add_argument("--data", choices=tuple(PLANAR_SETS), default="mixture", help="default mixture")
    parser.add_argument("--schedule", choices=tuple(SCHEDULES), default="linear", help="default linear")
    parser.add_argument("--T", type=int, default=200, help="default 200")
    parser.add_argument("--num-points", type=int, default=2000, help="that are trained on, 2 to 2,000; default 2,000")
    parser.add_argument("--steps", type=int, default=1500, help="gradient steps of each, default 1,500")
    parser.add_argument("--batch-size", type=int, default=256, help="default 256")
    parser.add_argument("--width", type=int, default=64, help="of the network's hidden layers, default 64")
    parser.add_argument("--seed", type=int, default=0, help="of points, weights and noises; default 0")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Train, measure, print."""
    import torch
    from tqdm import tqdm

    from ..core import stream_seed
    from ..learn.data.planar import NUM_POINTS, PLANAR_SETS
    from ..learn.training.racing import racing
    from ..learn.training.short_schedule import short_schedule

    checks = {"T": (25, 1000), "num_points": (2, 2000), "steps": (1, 100_000), "batch_size": (1, 4096),
              "width": (4, 1024), "seed": (0, 2**63 - 1)}  # fmt: skip
    for name, (low, high) in checks.items():
        whole_number(f"--{name.replace('_', '-')}", getattr(arguments, name), low, high)
    schedule, seeds = (
        short_schedule(arguments.schedule, arguments.T),
        (arguments.seed, stream_seed(arguments.seed, "held-out")),
    )
    points, held = (PLANAR_SETS[arguments.data](NUM_POINTS, torch.Generator().manual_seed(seed)) for seed in seeds)
    with tqdm(unit="step", file=sys.stderr, desc="trained", mininterval=1.0, delay=2.0) as bar:
        for found in racing(
            points[: arguments.num_points], held, schedule, seed=arguments.seed, num_steps=arguments.steps,
            batch_size=arguments.batch_size, width=arguments.width,
        ):  # fmt: skip
            bar.total = found.of
            bar.update(found.done - bar.n)
    settings = {name: getattr(arguments, name) for name in ("data", "schedule", *checks)}
    if arguments.json:
        told = {**settings, **found.facts(), "command": arguments.command_line}
        print(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(", ".join(f"{name} {value}" for name, value in settings.items()))
        _print(found.facts())


def _print(facts: dict[str, Any]) -> None:
    names, rows = list(facts["predicted"]), facts["predicted"]
    heads = [rows[name]["symbol"] for name in names]
    print("\nmean of (ε − ε̂)² on held-out points; ε* is the exact ε of the points that are trained on")
    print(f"{'log SNR':>9}" + "".join(f"{head:>10}" for head in heads))
    for k, log_snr in enumerate(facts["log_snr"]):
        print(f"{log_snr:9.2f}" + "".join(f"{rows[name]['eps_error'][k]:10.3g}" for name in names))
    print("\nenergy distance of DDIM's samples to held-out points, by the number of steps")
    print(f"{'S':>9}" + "".join(f"{head:>10}" for head in heads))
    for k, count in enumerate(facts["steps"]):
        print(f"{count:9}" + "".join(f"{rows[name]['energy'][k]:10.4f}" for name in names))
    print(f"two sets of real points: {facts['energy_of_real']:.4f}")
    enough = "".join(f"{rows[name]['steps_enough'] or '–':>10}" for name in names)
    print(f"\n{'S for':>9}{enough}   steps until at most {facts['enough_at']:.4f}")
    bent = "".join(f"{rows[name]['straightness']:10.3f}" for name in names)
    print(f"{'bent':>9}{bent}   ∫‖(X_1 − X_0) − dX/dτ‖² dτ of DDIM's paths, 0 is straight")
    spread = "".join(f"{rows[name]['spread_of_sde']:10.3f}" for name in names)
    print(f"{'spread':>9}{spread}   of DDPM's ends from one start; those of DDIM are one point")
    print(f"\nDDIM − Euler's steps along u = ε̂ − x̂_0, float64: at most {facts['ddim_minus_flow_euler']:.1e}")
