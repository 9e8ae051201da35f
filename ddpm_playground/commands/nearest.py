"""`nearest`: whether samples are copies of the data, by the nearest picture to each."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.writing import written
from .paths import check_out, given_path

if TYPE_CHECKING:
    from ..learn.data.pictures import Pictures
    from ..learn.judging.neighbours import Comparison

DESCRIPTION = (
    "Has the network memorised? For each sample the nearest picture of the data that it was trained on, by the "
    "distance of pixels in [−1, 1] (of 28×28 grey pictures also by 64 features of the shipped digits classifier), and "
    "the share of real pictures, not trained on, that come as near. A share under 1 % is what copies have; of samples "
    "that are as new as real pictures about one in a hundred has it by chance."
)
BUNDLED = "bundled"
LINES = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which samples, beside which data."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "samples", type=given_path, metavar="SAMPLES.npz", help="as sample writes it: images, or x_0 if it is there"
    )
    parser.add_argument(
        "--data", type=given_path, required=True, metavar="DIR|bundled",
        help="what the network was trained on, read as train reads it; bundled: the 1,000 digits that come along",
    )  # fmt: skip
    parser.add_argument("--size", type=int, default=0, help="side that the data are scaled to, as train --size")
    parser.add_argument("--seed", type=int, default=0, help="which 1,000 real pictures are measured; default 0")
    parser.add_argument(
        "--out", type=given_path, metavar="FILE.png", help="a sheet: sample, nearest by pixels, nearest by features"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Search, print and, if asked, write the sheet."""
    from ..learn.judging.neighbour_sheet import neighbour_sheet
    from ..learn.judging.neighbours import compare
    from ..learn.judging.sample_file import read_sample_file

    if arguments.out:
        if arguments.out.suffix.lower() != ".png":
            raise ValueError(f"--out must end in .png, got {arguments.out.name}; it is a picture that is written")
        check_out(arguments.out)
    samples = read_sample_file(arguments.samples)
    data, held = _real(arguments.data, arguments.size)
    comparison = compare(samples, data, held, seed=arguments.seed, progress=True)
    if arguments.out:
        with written(arguments.out) as temporary:
            neighbour_sheet(samples, comparison).save(temporary, "PNG")
    if not arguments.json:
        _print(arguments, comparison)
        return
    result: dict[str, Any] = {
        "given": samples.name, "taken": samples.key, "data": str(arguments.data), "seed": arguments.seed,
        **comparison.facts(), "command": arguments.command_line,
    }  # fmt: skip
    print(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))


def _real(data: Path, size: int) -> "tuple[Pictures, Pictures | None]":
    """What was trained on, and what was held out of it; None where nothing was."""
    from ..core.checks import whole_number
    from ..learn.data.pictures import bundled_digits, has_split, load_pictures

    if str(data) == BUNDLED:
        if size:
            raise ValueError(f"--size is for a folder, and the bundled digits are 28×28, got {size}; leave it out")
        return bundled_digits(), None
    whole_number("--size", size, 0, 4096)
    train = load_pictures(data, "train", size)
    return train, load_pictures(data, "test", size) if has_split(data, "test") else None


def _print(arguments: argparse.Namespace, comparison: "Comparison") -> None:
    from ..learn.judging.neighbour_sheet import by_percentile

    print(f"{len(comparison)} samples beside {len(comparison.data):,} pictures of {arguments.data}")
    print(f"percentiles among {comparison.reference}; seed {arguments.seed}\n")
    by_features = comparison.features
    head = f"{'sample':>6} {'nearest':>8} {'class':<12} {'distance':>9} {'percentile':>11}"
    print(head + ("" if by_features is None else f"    by features {'nearest':>8} {'distance':>9} {'percentile':>11}"))
    order = by_percentile(comparison)
    for i in order[:LINES]:
        found = comparison.pixels.facts(i)
        name = (comparison.class_of(found["index"]) or "–")[:12]
        line = f"{i:6} {found['index']:8} {name:<12} {found['distance']:9.4f} {found['percentile']:9.1f} %"
        if by_features is not None:
            other = by_features.facts(i)
            line += f" {'':14} {other['index']:8} {other['distance']:9.4f} {other['percentile']:9.1f} %"
        print(line)
    if len(order) > LINES:
        print(f"… and {len(order) - LINES} more, farther from the data; --json has them all")
    print(f"\nunder the 1st percentile: {comparison.pixels.under_first} of {len(comparison)} by pixels", end="")
    print("" if by_features is None else f", {by_features.under_first} by features")
    if comparison.num_references < 100:
        print(f"with {comparison.num_references} distances of real pictures, that is: nearer than every one of them")
