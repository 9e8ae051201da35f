"""`interpolate`: strips between two pictures of one's own, or between two seeds."""

import argparse
from typing import TYPE_CHECKING

from . import experiment
from .edit import whole_numbers
from .given_checkpoint import read_checkpoint
from .paths import given

if TYPE_CHECKING:
    from ..experiments import Way
    from ..experiments.interpolating import Strips
    from ..learn.checkpoints.checkpoint import Checkpoint

DESCRIPTION = (
    "A strip between two pictures: their inverted x_T joined along the arc (slerp) and the line (lerp) and denoised by "
    "DDIM (Song, Meng & Ermon 2021), and the pixels joined along the line. Or between the x_T of two seeds."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Between what, in how many pictures."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    ends = parser.add_mutually_exclusive_group(required=True)
    ends.add_argument(
        "--pictures", type=given, dest="picture", metavar="A,B", help="picture files, or numbers of bundled digits"
    )
    ends.add_argument("--seeds", metavar="A,B", help="two seeds, whose pictures 0 are the ends")
    parser.add_argument("--label", default="own", help="a class number, none, or own: the digits' own; default own")
    parser.add_argument(
        "--count", type=int, default=9, help="pictures of a strip, ends included, in [3, 15]; default 9"
    )
    experiment.add_chain(parser, "50, or T if that is less", "changes nothing: no noise is drawn but that of --seeds")
    parser.add_argument("--fixed-points", type=int, default=0, metavar="K", help="as invert has it; default 0")
    experiment.add_answer(
        parser,
        ".npz: slerp, lerp, pixels (n,C,H,W) float32, x_T of slerp, share (n,), x_0 as slerp, images of it. Or .png: a "
        "sheet of three rows",
    )


def run(arguments: argparse.Namespace) -> None:
    """Join, write, tell how well the ends came back."""
    import torch

    from ..experiments import WAYS
    from ..learn.judging.samples import pixels

    experiment.check_answer(arguments)
    found, steps = _between_pictures(arguments) if arguments.seeds is None else _between_seeds(arguments)
    arrays = {
        **found.x_0, "x_T": found.x_T["slerp"], "share": torch.tensor(found.shares), "x_0": found.x_0["slerp"],
        "images": torch.from_numpy(pixels(found.x_0["slerp"])),
    }  # fmt: skip
    rows = torch.stack([found.x_0[name] for name in WAYS], 1)
    experiment.write_answer(arguments.out, arrays, [(f"{u:.2f}", rows[i]) for i, u in enumerate(found.shares)])
    lengths = {name: x.flatten(1).square().mean(1).sqrt().tolist() for name, x in found.x_T.items()}
    facts = {"share": found.shares, "steps": steps, "mse": found.mse, "x_T_rms": lengths, "lost": found.lost}
    told = "" if found.mse is None else f"the ends come back with mse {found.mse[0]:.3g} and {found.mse[1]:.3g}; "
    middle = len(found.shares) // 2
    line = f"{told}rms of x_T in the middle: slerp {lengths['slerp'][middle]:.3f}, lerp {lengths['lerp'][middle]:.3f}"
    experiment.answer(arguments, facts, [line, *([found.lost] if found.lost else [])])


def _between_pictures(arguments: argparse.Namespace) -> "tuple[Strips, int]":
    """The strips, and S."""
    from ..experiments import interpolate

    checkpoint, pictures = experiment.checkpoint_and_pictures(arguments)
    way = _way(arguments, checkpoint)
    experiment.write_notebook(arguments, "interpolate", steps=way.num_steps)
    with experiment.told_progress() as progress:
        return interpolate(checkpoint, pictures, way, count=arguments.count, progress=progress), way.num_steps


def _between_seeds(arguments: argparse.Namespace) -> "tuple[Strips, int]":
    """The strips, and S."""
    from ..experiments import interpolate_seeds
    from ..run import labels_of

    seeds = whole_numbers("--seeds", arguments.seeds)
    if len(seeds) != 2:
        raise ValueError(f"--seeds takes two, with a comma between, got {len(seeds)}")
    checkpoint = read_checkpoint(arguments)
    way, own = _way(arguments, checkpoint), "0" if checkpoint.needs_label else "none"
    label = int(labels_of(own if arguments.label == "own" else arguments.label, 1, checkpoint)[0])
    both = seeds[0], seeds[1]
    experiment.write_notebook(arguments, "interpolate_seeds", steps=way.num_steps, seeds=both, label=label)
    with experiment.told_progress() as progress:
        found = interpolate_seeds(checkpoint, both, label, way, count=arguments.count, progress=progress)
    return found, way.num_steps


def _way(arguments: argparse.Namespace, checkpoint: "Checkpoint") -> "Way":
    from ..experiments import Way

    steps = min(50, checkpoint.schedule.T) if arguments.steps is None else arguments.steps
    return Way(steps, arguments.spacing, arguments.guidance, arguments.fixed_points)
