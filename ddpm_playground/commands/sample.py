"""`sample`: Algorithm 2, pictures from a checkpoint as a numpy file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bridge.all_samplers import ALL_SAMPLERS, NAMED, OWN
from ..bridge.option_text import parse_options
from ..core import SPACINGS, Sampling
from ..core.checks import look_up
from ..core.writing import written
from ..engine.engines import ENGINES
from ..engine.launch import Launch, launched
from ..run import labels_of
from .given_checkpoint import read_checkpoint
from .paths import CHECKPOINT_HELP, check_out, given_path

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint

ENGINE_HELP = f"what runs the network: auto (the fastest here) or one of {', '.join(ENGINES)}"
SAMPLER_HELP = (
    f"{', '.join(ALL_SAMPLERS)}, or any scheduler class of diffusers, such as EulerAncestralDiscreteScheduler, built "
    f"of the folder's config; default {OWN}, what the folder's own scheduler does, or ddpm with --sigma-w, --spacing "
    "or --no-clip"
)
DEFAULT_COUNT = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to draw, how, and where it goes."""
    parser.add_argument("--checkpoint", type=given_path, required=True, help=CHECKPOINT_HELP)
    parser.add_argument(
        "--out", type=given_path, required=True,
        help=".npz file: images (N,H,W,C) uint8, labels (N,) int64, and of networks of latents these",
    )  # fmt: skip
    parser.add_argument("--label", default="all", help="a class number, all (i mod classes) or none; default all")
    parser.add_argument("--num-samples", type=int, help="N, default 10, or as many as --noises has")
    parser.add_argument("--sampler", metavar="NAME", help=SAMPLER_HELP)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="options",
        help="an option of a scheduler class, of its constructor or its step (use_karras_sigmas=true, eta=0.5); may be "
        "repeated; a wrong KEY is answered with those that it has",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=int,
        help=f"S; default what the folder's pipeline takes by itself for {OWN}, else the checkpoint's T",
    )  # fmt: skip
    parser.add_argument("--eta", type=float, default=0.0, help="η of ddim in [0, 1]: 0 no noise, 1 as ddpm; default 0")
    parser.add_argument("--sigma-w", type=float, default=0.0, help="w of ddpm: 0 is σ² = β̃, 1 is σ² = β; default 0")
    parser.add_argument("--spacing", choices=tuple(SPACINGS), help="default trailing, or the folder's own")
    parser.add_argument("--no-clip", action="store_true", help="leave x̂_0 as it is; by default it is kept in [−1, 1]")
    parser.add_argument(
        "--condition", type=given_path, metavar="FILE",
        help="what the network is shown beside x_t, where it takes such: a picture, or .npy or .npz of (H,W,C), uint8 "
        "or floats in [-1, 1]; of another size it is resized, bicubic",
    )  # fmt: skip
    parser.add_argument("--size", metavar="N|HxW", help="of x_t, a picture or latents; default what its config says")
    parser.add_argument("--guidance", type=float, default=1.0, help="W in [0, 20]; default 1, the network alone")
    parser.add_argument("--seed", type=int, default=0, help="picture i depends on (seed, i) alone; default 0")
    parser.add_argument(
        "--noises", type=given_path, metavar="FILE",
        help=".npz with x_T (N,C,H,W), unit variance, and z (S,N,C,H,W) in the order of the draws; replaces --seed",
    )  # fmt: skip
    parser.add_argument(
        "--float", action="store_true", dest="as_float",
        help="write x_0 (N,C,H,W) float32 into the file as well: pictures, decoded of latents",
    )  # fmt: skip
    parser.add_argument("--batch-size", type=int, default=32, help="chains at once; changes no pixel; default 32")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--engine", default="auto", help=ENGINE_HELP + "; with --noises auto is eager")


def run(arguments: argparse.Namespace) -> None:
    """Draw and write; nothing is drawn if anything asked for cannot be had."""
    sampling = _checked(arguments)
    with launched(arguments.device) as launch:
        _draw(arguments, sampling, launch)


def _checked(arguments: argparse.Namespace) -> Sampling:
    """What the flags say of the chain; refuses what is seen to be wrong before anything is read."""
    sampling = _sampling(arguments)
    if arguments.out.suffix.lower() != ".npz":
        raise ValueError(f"--out must end in .npz, got {arguments.out.name}; numpy reads the file that is written")
    check_out(arguments.out)
    count = arguments.num_samples
    if count is not None and count < 1:
        raise ValueError(f"--num-samples must be at least 1, got {count}; raise it")
    return sampling


def _draw(arguments: argparse.Namespace, sampling: Sampling, launch: Launch) -> None:
    """Draw, with the other processes where there are any, and write in the first one."""
    from ..learn.judging.noises import read_noises
    from ..learn.judging.samples import final_x, pixels

    count = arguments.num_samples
    noises = read_noises(arguments.noises) if arguments.noises else None
    if noises is not None:
        count = len(noises.x_T) if count is None else count
        arguments.engine = "eager" if arguments.engine == "auto" else arguments.engine
    checkpoint = _with_condition(read_checkpoint(arguments, launch, latents=True), arguments.condition)
    if arguments.sigma_w and checkpoint.variance_type is not None:
        raise ValueError(
            f"--sigma-w chooses σ², and this checkpoint's network says its own ({checkpoint.variance_type}); leave it "
            "out"
        )
    if noises is not None:
        checkpoint = checkpoint.as_diffusers_has_it()
    T, steps = checkpoint.schedule.T, arguments.steps
    if steps is not None and not 1 <= steps <= T:
        raise ValueError(f"--steps must be in [1, {T}], the checkpoint's T, got {steps}; pick one in that range")
    labels = labels_of(arguments.label, DEFAULT_COUNT if count is None else count, checkpoint)
    x_0 = final_x(
        checkpoint,
        labels,
        sampling,
        guidance=arguments.guidance,
        seed=arguments.seed,
        batch_size=arguments.batch_size,
        progress=True,
        noises=noises,
        launch=launch,
    )
    if not launch.is_main:
        return
    arrays: dict[str, Any] = {"labels": labels.numpy()}
    if checkpoint.latents is not None:
        arrays["latents"] = x_0.numpy()
        x_0 = checkpoint.latents.pictures(x_0)
    arrays["images"] = pixels(x_0)
    if arguments.as_float:
        arrays["x_0"] = x_0.numpy()
    with written(arguments.out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _with_condition(checkpoint: "Checkpoint", path: Path | None) -> "Checkpoint":
    """The checkpoint whose network is shown what stands in a file; what was done to it is told on stderr."""
    if path is None:
        return checkpoint
    from ..learn.checkpoints.condition import with_condition

    shown, told = with_condition(checkpoint, path)
    for sentence in told:
        print(sentence, file=sys.stderr)
    return shown


def _sampling(arguments: argparse.Namespace) -> Sampling:
    """What the flags say of the chain.

    Raises:
        ValueError: a value out of range, or a flag of another sampler than the one asked for.
    """
    for flag, value in (("--eta", arguments.eta), ("--sigma-w", arguments.sigma_w)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{flag} must be in [0, 1], got {value}; pick one in that range")
    ours = bool(arguments.eta or arguments.sigma_w or arguments.spacing or arguments.no_clip)
    sampler = arguments.sampler or ("ddpm" if ours else OWN)
    for flag, value, owner in (("--eta", arguments.eta, "ddim"), ("--sigma-w", arguments.sigma_w, "ddpm")):
        if value and sampler != owner:
            raise ValueError(f"{flag} belongs to --sampler {owner}, got --sampler {sampler}; leave it out")
    look_up(NAMED, sampler, "unknown sampler {name}; choose one of {known}")
    options: dict[str, Any] = parse_options(arguments.options)
    if sampler in ALL_SAMPLERS:
        if options:
            raise ValueError(
                f"--set is for a scheduler class of diffusers, got --sampler {sampler}; leave it out, or name a class"
            )
    else:
        if arguments.no_clip:
            raise ValueError(f"--no-clip belongs to the samplers here; for {sampler} write --set clip_sample=false")
        if arguments.spacing:
            options.setdefault("timestep_spacing", arguments.spacing)
    return Sampling(
        sampler, arguments.eta or arguments.sigma_w, arguments.steps, arguments.spacing or "trailing",
        not arguments.no_clip, options=tuple(options.items()),
    )  # fmt: skip
