"""What the commands that experiment with a checkpoint have in common: flags, pictures, progress and files."""

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import SPACINGS, Sampling
from ..core.checks import number, whole_number
from ..core.writing import written
from ..engine.engines import ENGINES
from .given_checkpoint import read_checkpoint
from .paths import CHECKPOINT_HELP, check_out, given, given_path

if TYPE_CHECKING:
    import torch

    from ..experiments import OwnPictures
    from ..learn.checkpoints.checkpoint import Checkpoint

PICTURE_HELP = (
    "a picture file, which is brought to the network's size, or the number of a bundled digit, 0 to 999; several with "
    "commas between"
)
SUFFIXES = (".npz", ".png")


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Which network, and what runs it."""
    parser.add_argument("--checkpoint", type=given_path, default="mnist", help=CHECKPOINT_HELP + "; default mnist")
    parser.add_argument("--size", metavar="N|HxW", help="of the pictures; default what the network's config says")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--engine", default="auto", help=f"auto (the fastest here) or one of {', '.join(ENGINES)}")


def add_picture(parser: argparse.ArgumentParser, name: str = "--picture", help: str = PICTURE_HELP) -> None:
    """Which pictures, and the class that the network is told of them."""
    parser.add_argument(name, type=given, required=True, dest="picture", metavar="FILE|INDEX", help=help)
    parser.add_argument(
        "--label",
        default="own",
        help="a class number, none, or own: a bundled digit's own, none for files; default own",
    )


def add_chain(parser: argparse.ArgumentParser, steps: str, seed: str = "of every noise; default 0") -> None:
    """How the chain goes.

    Args:
        parser: of the command.
        steps: what the default of --steps is.
        seed: what the seed is of.
    """
    parser.add_argument("--steps", type=int, help=f"S, in [1, T]; default {steps}")
    parser.add_argument("--spacing", choices=tuple(SPACINGS), default="trailing", help="of the timesteps")
    parser.add_argument("--guidance", type=float, default=1.0, help="W in [0, 20]; default 1, the network alone")
    parser.add_argument("--seed", type=int, default=0, help=seed)


def add_sampler(parser: argparse.ArgumentParser) -> None:
    """Whose steps, for chains that may have either of ours."""
    parser.add_argument("--sampler", default="ddpm", choices=("ddpm", "ddim"), help="default ddpm")
    parser.add_argument("--eta", type=float, default=0.0, help="η of ddim in [0, 1]; default 0")
    parser.add_argument("--no-clip", action="store_true", help="leave x̂_0 as it is; by default it is kept in [−1, 1]")


def add_answer(parser: argparse.ArgumentParser, out: str) -> None:
    """Where the answer goes."""
    parser.add_argument("--out", type=given_path, help=out)
    add_telling(parser)


def add_telling(parser: argparse.ArgumentParser) -> None:
    """How the answer is told, and kept as a program."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of lines")
    parser.add_argument(
        "--notebook", type=given_path, metavar="FILE", help=".ipynb: the same experiment as a Jupyter notebook"
    )


def write_notebook(arguments: argparse.Namespace, deed: str, **settings: Any) -> None:
    """The notebook of --notebook, where one is asked for.

    Args:
        arguments: of the command.
        deed: a key of `experiments.notebook.NOTEBOOKS`.
        settings: what is not among the arguments by its name, or otherwise.

    Raises:
        ValueError: another suffix, or nbformat is missing.
    """
    if arguments.notebook is None:
        return
    from ..experiments.notebook import notebook

    if arguments.notebook.suffix.lower() != ".ipynb":
        raise ValueError(f"--notebook must end in .ipynb, got {arguments.notebook.name}")
    check_out(arguments.notebook)
    given = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    with written(arguments.notebook) as temporary:
        temporary.write_text(notebook(deed, given | settings), encoding="utf-8")


def sampling_of(arguments: argparse.Namespace, num_steps: int) -> Sampling:
    """The chain that the flags of `add_chain` and `add_sampler` ask for."""
    number("--eta", arguments.eta, 0.0, 1.0)
    if arguments.eta and arguments.sampler != "ddim":
        raise ValueError(f"--eta belongs to --sampler ddim, got --sampler {arguments.sampler}; leave it out")
    steps = num_steps if arguments.steps is None else arguments.steps
    return Sampling(arguments.sampler, arguments.eta, steps, arguments.spacing, not arguments.no_clip)


def check_answer(arguments: argparse.Namespace) -> None:
    """Refuse a file that cannot be written, before anything is drawn.

    Raises:
        ValueError: a suffix of neither kind, or no place for a file.
    """
    if arguments.out is None:
        return
    if arguments.out.suffix.lower() not in SUFFIXES:
        raise ValueError(f"--out must end in .npz (arrays) or .png (a sheet), got {arguments.out.name}")
    check_out(arguments.out)


def checkpoint_and_pictures(arguments: argparse.Namespace) -> "tuple[Checkpoint, OwnPictures]":
    """What --checkpoint and --picture name; what was done to them is told on stderr.

    Raises:
        ValueError: see `load_checkpoint` and `read_pictures`; a class that the network has not.
    """
    from ..experiments import read_pictures

    whole_number("--seed", getattr(arguments, "seed", 0), 0, 2**63 - 1)
    checkpoint = read_checkpoint(arguments)
    pictures = read_pictures(arguments.picture, checkpoint)
    for sentence in pictures.told:
        print(sentence, file=sys.stderr)
    return checkpoint, _labelled(pictures, arguments.label, checkpoint)


def _labelled(pictures: "OwnPictures", label: str, checkpoint: "Checkpoint") -> "OwnPictures":
    from ..run import labels_of

    if label == "own":
        missing = checkpoint.needs_label and bool((pictures.labels < 0).any())
        if missing:
            raise ValueError(
                f"this network must be told a class for each picture, 0 to {len(checkpoint.class_names) - 1}, and "
                "files have none; give --label"
            )
        return pictures
    return replace(pictures, labels=labels_of(label, len(pictures), checkpoint))


@contextmanager
def told_progress(unit: str = "picture") -> Iterator[Callable[[int], object]]:
    """A bar on stderr that counts pictures by the step."""
    from tqdm import tqdm

    with tqdm(unit=f"{unit}·step", file=sys.stderr, desc="network", mininterval=1.0) as bar:
        yield bar.update


def write_answer(
    path: Path | None, arrays: "Mapping[str, torch.Tensor]", sheet: "list[tuple[str, torch.Tensor]]"
) -> None:
    """An .npz of arrays, or a .png whose columns are named stacks of pictures (N,C,H,W)."""
    if path is None:
        return
    if path.suffix.lower() == ".png":
        from ..views.strip import strip_png

        content = strip_png(sheet)
    else:
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **{name: value.numpy() for name, value in arrays.items()})
        content = out.getvalue()
    with written(path) as temporary:
        temporary.write_bytes(content)


def answer(arguments: argparse.Namespace, facts: dict[str, Any], lines: list[str]) -> None:
    """Facts as one JSON object, or lines."""
    if arguments.json:
        print(json.dumps(facts | {"command": arguments.command_line}, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(lines))
