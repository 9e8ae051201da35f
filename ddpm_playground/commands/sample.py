"""`sample`: Algorithm 2, pictures from a checkpoint as a numpy file."""

import argparse
import os
from pathlib import Path

import numpy as np

from ..core import SAMPLERS, SPACINGS
from ..engine.device import pick_device
from ..lab.foreign import FOREIGN
from ..run import labels_of

ENGINE_HELP = "what runs the network: auto (the fastest here), eager, onnx, cuda-graph or cuda-graph-fp32"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to draw, how, and where it goes."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="pipeline folder")
    parser.add_argument("--out", type=Path, required=True, help=".npz file: images (N,H,W,C) uint8, labels (N,) int64")
    parser.add_argument("--label", default="all", help="a class number, all (i mod classes) or none; default all")
    parser.add_argument("--num-samples", type=int, default=10, help="N, default 10")
    parser.add_argument("--sampler", default="ddpm", choices=(*SAMPLERS, *FOREIGN), help="default ddpm")
    parser.add_argument("--steps", type=int, help="S, default the checkpoint's T")
    parser.add_argument("--eta", type=float, default=0.0, help="η of ddim in [0, 1]: 0 no noise, 1 as ddpm; default 0")
    parser.add_argument("--sigma-w", type=float, default=0.0, help="w of ddpm: 0 is σ² = β̃, 1 is σ² = β; default 0")
    parser.add_argument("--spacing", default="trailing", choices=tuple(SPACINGS), help="default trailing")
    parser.add_argument("--guidance", type=float, default=1.0, help="W in [0, 20]; default 1, the network alone")
    parser.add_argument("--seed", type=int, default=0, help="picture i depends on (seed, i) alone; default 0")
    parser.add_argument("--batch-size", type=int, default=32, help="chains at once; changes no pixel; default 32")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--engine", default="auto", help=ENGINE_HELP)


def run(arguments: argparse.Namespace) -> None:
    """Draw and write; nothing is drawn if anything asked for cannot be had."""
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
    from ..learn.checkpoint import load_checkpoint
    from ..learn.sampling import sample

    checkpoint = load_checkpoint(arguments.checkpoint, pick_device(arguments.device)).on(arguments.engine)
    T, steps = checkpoint.schedule.T, arguments.steps
    if steps is not None and not 1 <= steps <= T:
        raise ValueError(f"--steps must be in [1, {T}], the checkpoint's T, got {steps}; pick one in that range")
    labels = labels_of(arguments.label, arguments.num_samples, len(checkpoint.class_names))
    images = sample(
        checkpoint,
        labels,
        sampler=arguments.sampler,
        num_steps=steps,
        strength={"ddim": arguments.eta, "ddpm": arguments.sigma_w}.get(arguments.sampler, 0.0),
        spacing=arguments.spacing,
        guidance=arguments.guidance,
        seed=arguments.seed,
        batch_size=arguments.batch_size,
        progress=True,
    )
    temporary = arguments.out.with_name(f".{arguments.out.name}.writing")
    with temporary.open("wb") as file:
        np.savez_compressed(file, images=images, labels=labels.numpy())
    temporary.replace(arguments.out)


def check_out(path: Path) -> None:
    """Refuse a file that cannot be written, before hours are spent on what goes into it.

    Raises:
        ValueError: a folder of that name, or no right to write beside it.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give a file name")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"{path.parent} cannot be written to; choose another place")
