"""`evaluate`: score a checkpoint of handwritten digits, or bound its likelihood, and write its model card."""

import argparse
import json
from typing import Any

from PIL import Image

from ..bridge.all_samplers import ALL_SAMPLERS
from ..core import SPACINGS, Sampling
from ..engine.launch import Launch, launched
from ..run import labels_of
from . import evaluate_bound
from .given_checkpoint import read_checkpoint
from .paths import CHECKPOINT_HELP, check_out, given_path
from .sample import ENGINE_HELP

# What only one of the two ways reads, with its defaults; the other way refuses anything else.
OF_SAMPLES = {"num_samples": 200, "sampler": "ddim", "steps": 50, "spacing": "trailing", "sheet": None}
OF_BOUND = {"num_images": 200}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to score, with how many samples, and where the result goes."""
    parser.add_argument("--checkpoint", type=given_path, required=True, help=CHECKPOINT_HELP)
    parser.add_argument(
        "--data", type=given_path, help="real pictures, train and test; default the 1,000 bundled digits"
    )
    parser.add_argument(
        "--bound", action="store_true", help="no samples: the variational bound of held-out pictures in bits/dim"
    )
    parser.add_argument("--num-images", type=int, help="held-out pictures that --bound takes; default 200")
    parser.add_argument("--num-samples", type=int, help="class i mod 10 for sample i; default 200")
    parser.add_argument("--sampler", choices=tuple(ALL_SAMPLERS), help="default ddim")
    parser.add_argument("--steps", type=int, help="S, default 50")
    parser.add_argument("--spacing", choices=tuple(SPACINGS), help="default trailing")
    parser.add_argument("--guidance", type=float, default=1.0, help="W in [0, 20]; default 1")
    parser.add_argument("--seed", type=int, default=0, help="default 0")
    parser.add_argument("--batch-size", type=int, default=32, help="chains at once; changes no number; default 32")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--engine", default="auto", help=ENGINE_HELP)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of lines")
    parser.add_argument("--write-card", action="store_true", help="rewrite the checkpoint's README.md with the result")
    parser.add_argument("--sheet", type=given_path, help="PNG of the samples, one column per class")
    parser.set_defaults(**OF_SAMPLES, **OF_BOUND)


def run(arguments: argparse.Namespace) -> None:
    """Draw, read, compare; print and, if asked, write the card and the sheet. Or bound the likelihood."""
    _refuse(arguments, OF_SAMPLES if arguments.bound else OF_BOUND)
    with launched(arguments.device) as launch:
        (evaluate_bound.run if arguments.bound else _score)(arguments, launch)


def _score(arguments: argparse.Namespace, launch: Launch) -> None:
    """Draw, with the other processes where there are any; the first one reads, compares, prints and writes."""
    from ..learn.checkpoints.model_card import read_facts, write_card
    from ..learn.data.pictures import tile
    from ..learn.judging.evaluation import NoClassifier, evaluate, frechet_metric, real_digits, require_classifier
    from ..learn.judging.samples import sample

    if arguments.num_samples < 2:
        raise ValueError(f"--num-samples must be at least 2, got {arguments.num_samples}; raise it")
    checkpoint = read_checkpoint(arguments, launch)
    facts = read_facts(checkpoint.folder) if arguments.write_card else {}
    if arguments.sheet:
        check_out(arguments.sheet)
    num_classes = len(checkpoint.class_names)
    real, missing = None, ""
    try:
        require_classifier(checkpoint.image_shape, num_classes, "this checkpoint")
        real = real_digits(arguments.data)
        frechet_metric()  # before the minutes that the samples take
    except NoClassifier as error:
        if not (arguments.sheet or arguments.write_card):
            raise
        missing = str(error)
    sampling = Sampling(arguments.sampler, num_steps=arguments.steps, spacing=arguments.spacing)
    result: dict[str, Any] = {
        "checkpoint": checkpoint.folder.resolve().name, "sha256": checkpoint.sha256,
        "num_samples": arguments.num_samples, "sampler": sampling.sampler, "num_steps": sampling.num_steps,
        "spacing": sampling.spacing, "guidance": arguments.guidance, "seed": arguments.seed,
        "command": arguments.command_line, "machine": checkpoint.described(),
    }  # fmt: skip
    rows = {"samples": _told(arguments), "command": f"`{arguments.command_line}`"}
    if real or arguments.sheet:
        labels = labels_of("all", arguments.num_samples, checkpoint)
        images = sample(
            checkpoint, labels, sampling, guidance=arguments.guidance, seed=arguments.seed,
            batch_size=arguments.batch_size, progress=True, launch=launch,
        )  # fmt: skip
        if not launch.is_main:
            return
        if arguments.sheet:
            import torch

            pictures = torch.from_numpy(images).permute(0, 3, 1, 2)
            Image.fromarray(tile(pictures, min(num_classes or 10, 20))).save(arguments.sheet, "PNG")
        if real:
            scores = evaluate(images, labels, real, arguments.seed)
            result |= scores.facts()
            rows |= scores.rows()
    if not launch.is_main:
        return
    if missing:
        result["not_available"] = missing
        rows = {"not scored": missing}
    if arguments.write_card:
        write_card(checkpoint.folder, facts, checkpoint.sha256, scores=rows)
    if arguments.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        width = max(map(len, rows))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in rows.items()))


def _refuse(arguments: argparse.Namespace, defaults: dict[str, Any]) -> None:
    """Refuse settings that would go unread."""
    for name, default in defaults.items():
        if getattr(arguments, name) != default:
            flag = f"--{name.replace('_', '-')}"
            if arguments.bound:
                raise ValueError(f"{flag} is for samples, and --bound draws none; leave one of the two out")
            raise ValueError(f"{flag} is read with --bound alone; add --bound, or leave it out")


def _told(arguments: argparse.Namespace) -> str:
    a = arguments
    return f"{a.num_samples}, {a.sampler}, {a.steps} steps ({a.spacing}), W = {a.guidance:g}, seed {a.seed}"
