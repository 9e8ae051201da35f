"""`compare`: A/B of chains from the same noises, in numbers."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.writing import written
from . import experiment
from .given_checkpoint import read_checkpoint
from .paths import check_out, given_path

if TYPE_CHECKING:
    from ..experiments.columns import ColumnChain
    from ..experiments.differing import Difference
    from ..learn.checkpoints.checkpoint import Checkpoint

DESCRIPTION = (
    "Run two to four recipes from the same x_T and the same stream of z, and measure each beside the first: x_t and "
    "x̂_0 by the step, paired by log SNR. A recipe is one text of name=value with the names of a link to the page, such "
    'as "sampler=ddim strength=1 num_steps=1000 seed=1"; what it leaves out is as on the page, with 200 steps.'
)
MOST_LINES = 12
OUT_HELP = (
    ".npz: each column's arrays with its letter before them, A_x_t (F,N,C,H,W) and others that docs/experiments.md "
    "names; .png: a sheet over log SNR; .gif or .mp4: the columns side by side (.mp4 needs the package av)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recipes."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    parser.add_argument("recipe", nargs="+", metavar="RECIPE", help='"sampler=ddpm num_steps=50 seed=1"')
    parser.add_argument("--num-images", type=int, default=8, help="N, in [1, 64]; default 8")
    parser.add_argument("--out", type=given_path, metavar="FILE", help=OUT_HELP)
    experiment.add_telling(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    from ..experiments import parse_column
    from ..experiments.differing import chains_of, compare_chains

    if arguments.out is not None:
        check_file(arguments.out)
    columns = [parse_column(text) for text in arguments.recipe]
    read: dict[str | None, Checkpoint] = {}

    def checkpoint_of(name: str | None) -> "Checkpoint":
        if name not in read:
            path = arguments.checkpoint if name is None else Path(name)
            read[name] = read_checkpoint(argparse.Namespace(**{**vars(arguments), "checkpoint": path}))
        return read[name]

    experiment.write_notebook(arguments, "compare")
    chains = chains_of(columns, checkpoint_of, arguments.num_images)
    with experiment.told_progress() as progress:
        if arguments.out is None:
            found = compare_chains(chains, arguments.num_images, progress)
        else:
            found = _kept_in_file(arguments, chains, progress)
    facts = {"num_images": arguments.num_images, "columns": [one.as_json() for one in found]}
    experiment.answer(
        arguments,
        facts,
        [line for text, one in zip(arguments.recipe, found, strict=True) for line in _lines(text, one)],
    )


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises:
        ValueError: another suffix, no package for it, or no place for a file.
    """
    from ..experiments.saved_comparison import FILES
    from ..views.video import check_video

    ending = path.suffix.lower()
    if ending not in FILES:
        raise ValueError(f"--out must end in {', '.join(FILES)}, got {path.name}")
    if ending == ".mp4":
        check_video(path.name)
    check_out(path)


def _kept_in_file(
    arguments: argparse.Namespace, chains: "list[ColumnChain]", progress: Callable[[int], object]
) -> "list[Difference]":
    """What is measured; pictures of the steps go into --out."""
    from ..experiments.differing import compare_chains
    from ..experiments.kept_columns import KeptColumns
    from ..experiments.saved_comparison import frames_for, write_comparison

    count = arguments.num_images
    kept = KeptColumns(chains, count, *frames_for(arguments.out))
    found = compare_chains(chains, count, progress, kept.add)
    facts = {"checkpoint": arguments.checkpoint.name, "num_images": count}
    with written(arguments.out) as there:
        write_comparison(there, kept, found, arguments.recipe, facts)
    if kept.is_thinned:
        print(f"{arguments.out.name} has {sum(len(one.at) for one in kept.columns)} of the steps", file=sys.stderr)
    return found


def _lines(text: str, one: "Difference") -> list[str]:
    shown = sorted({round(k * (len(one.t) - 1) / (MOST_LINES - 1)) for k in range(MOST_LINES)})
    rows: list[tuple[Any, ...]] = [
        (one.t[i], "−∞" if one.log_snr[i] is None else f"{one.log_snr[i]:.2f}", one.first_t[i],
         *(float("nan") if value is None else value
           for value in (one.x_t_rms[i], one.x_hat_0_rms[i], one.norm_ratio[i])))
        for i in shown
    ]  # fmt: skip
    end = float("nan") if one.x_0_rms is None else one.x_0_rms
    parts = "nowhere" if one.parts_at is None else f"from t = {one.parts_at}"
    return [
        f"== {text}",
        "     t  log SNR  first's t    rms x_t   rms x̂_0   E‖x_t‖² / q",
        *(f"{t:6} {snr:>8} {first:10} {x:10.3g} {guess:10.3g} {norm:13.3f}" for t, snr, first, x, guess, norm in rows),
        f"  ends differ by {end:.3g} (rms); x̂_0 differs by more than 0.1 {parts}",
        "",
    ]
