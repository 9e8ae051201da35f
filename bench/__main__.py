"""`python -m bench`: how this project does beside its peers on this machine, as ratios."""

import argparse
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version

from ddpm_playground.engine.device import describe_device, pick_device

from . import browser, chain, compare, doctor, fuzz, load, memory, startup, watch
from .row import HEADER, Row


def training_rows(rounds: int) -> Iterator[Row]:
    """The only rows that need accelerate, the extra train."""
    from .training import rows

    return rows(rounds)


# A part is one module and one line here: (steps of a chain, rounds) → its rows.
PARTS: dict[str, Callable[[int, int], Iterator[Row]]] = {
    "chain": chain.rows,
    "browser": lambda steps, rounds: browser.rows(rounds),
    "compare": lambda steps, rounds: compare.rows(rounds),
    "startup": lambda steps, rounds: startup.rows(rounds),
    "memory": lambda steps, rounds: memory.rows(),
    "doctor": lambda steps, rounds: doctor.rows(),
    "training": lambda steps, rounds: training_rows(rounds),
    "watch": lambda steps, rounds: watch.rows(rounds),
    "load": lambda steps, rounds: load.rows(),
    "fuzz": lambda steps, rounds: fuzz.rows(),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench", description="Ratios against peers, measured now.")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; default all")
    parser.add_argument("--steps", type=int, default=1000, help="S of the chains; default 1000")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved runs a row; default 3")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"parts must be of {', '.join(PARTS)}, got {', '.join(unknown)}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "diffusers", "onnxruntime", "gradio"))
    print(f"{describe_device(pick_device())}; Python {platform.python_version()}, {versions}; ", end="")
    print(f"medians of {arguments.rounds} interleaved runs\n")
    print(HEADER)
    for part in arguments.parts or PARTS:
        for row in PARTS[part](arguments.steps, arguments.rounds):
            print(row, flush=True)
        if part == "chain":
            print()
            for line in chain.drift(arguments.steps):
                print(f"{line}\n", flush=True)


if __name__ == "__main__":
    main()
