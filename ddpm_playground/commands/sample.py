"""`sample`: Algorithm 2, pictures from a checkpoint as a numpy file."""

import argparse

import numpy as np

from ..bridge.all_samplers import ALL_SAMPLERS
from ..core import SPACINGS, Sampling
from ..core.writing import written
from ..engine.engines import ENGINES
from ..engine.launch import Launch, launched
from ..run import labels_of
from .given_checkpoint import read_checkpoint
from .paths import CHECKPOINT_HELP, check_out, given_path

ENGINE_HELP = f"what runs the network: auto (the fastest here) or one of {', '.join(ENGINES)}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to draw, how, and where it goes."""
    parser.add_argument("--checkpoint", type=given_path, required=True, help=CHECKPOINT_HELP)
    parser.add_argument(
        "--out", type=given_path, required=True, help=".npz file: images (N,H,W,C) uint8, labels (N,) int64"
    )
    parser.add_argument("--label", default="all", help="a class number, all (i mod classes) or none; default all")
    parser.add_argument("--num-samples", type=int, default=10, help="N, default 10")
    parser.add_argument("--sampler", default="ddpm", choices=tuple(ALL_SAMPLERS), help="default ddpm")
    parser.add_argument("--steps", type=int, help="S, default the checkpoint's T")
    parser.add_argument("--eta", type=float, default=0.0, help="η of ddim in [0, 1]: 0 no noise, 1 as ddpm; default 0")
    parser.add_argument("--sigma-w", type=float, default=0.0, help="w of ddpm: 0 is σ² = β̃, 1 is σ² = β; default 0")
    parser.add_argument("--spacing", default="trailing", choices=tuple(SPACINGS), help="default trailing")
    parser.add_argument("--no-clip", action="store_true", help="leave x̂_0 as it is; by default it is kept in [−1, 1]")
    parser.add_argument("--guidance", type=float, default=1.0, help="W in [0, 20]; default 1, the network alone")
    parser.add_argument("--seed", type=int, default=0, help="picture i depends on (seed, i) alone; default 0")
    parser.add_argument("--batch-size", type=int, default=32, help="chains at once; changes no pixel; default 32")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--engine", default="auto", help=ENGINE_HELP)


def run(arguments: argparse.Namespace) -> None:
    """Draw and write; nothing is drawn if anything asked for cannot be had."""
    _check(arguments)
    with launched(arguments.device) as launch:
        _draw(arguments, launch)


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what is seen to be wrong before a checkpoint is read."""
    for flag, value in (("--eta", arguments.eta), ("--sigma-w", arguments.sigma_w)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{flag} must be in [0, 1], got {value}; pick one in that range")
    for flag, value, sampler in (("--eta", arguments.eta, "ddim"), ("--sigma-w", arguments.sigma_w, "ddpm")):
        if value and arguments.sampler != sampler:
            raise ValueError(f"{flag} belongs to --sampler {sampler}, got --sampler {arguments.sampler}; leave it out")
    if arguments.out.suffix.lower() != ".npz":
        raise ValueError(f"--out must end in .npz, got {arguments.out.name}; numpy reads the file that is written")
    check_out(arguments.out)
    if arguments.num_samples < 1:
        raise ValueError(f"--num-samples must be at least 1, got {arguments.num_samples}; raise it")


def _draw(arguments: argparse.Namespace, launch: Launch) -> None:
    """Draw, with the other processes where there are any, and write in the first one."""
    from ..learn.judging.samples import sample

    checkpoint = read_checkpoint(arguments, launch)
    if arguments.sigma_w and checkpoint.variance_type is not None:
        raise ValueError(
            f"--sigma-w chooses σ², and this checkpoint's network says its own ({checkpoint.variance_type}); leave it "
            "out"
        )
    T, steps = checkpoint.schedule.T, arguments.steps
    if steps is not None and not 1 <= steps <= T:
        raise ValueError(f"--steps must be in [1, {T}], the checkpoint's T, got {steps}; pick one in that range")
    labels = labels_of(arguments.label, arguments.num_samples, checkpoint)
    images = sample(
        checkpoint,
        labels,
        Sampling(
            arguments.sampler, arguments.eta or arguments.sigma_w, steps, arguments.spacing, not arguments.no_clip
        ),
        guidance=arguments.guidance,
        seed=arguments.seed,
        batch_size=arguments.batch_size,
        progress=True,
        launch=launch,
    )
    if not launch.is_main:
        return
    with written(arguments.out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=images, labels=labels.numpy())
