"""`compare`: A/B of chains from the same noises, in numbers."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import experiment
from .given_checkpoint import read_checkpoint

if TYPE_CHECKING:
    from ..experiments.differing import Difference
    from ..learn.checkpoints.checkpoint import Checkpoint

DESCRIPTION = (
    "Run two to four recipes from the same x_T and the same stream of z, and measure each beside the first: x_t and "
    "x̂_0 by the step, paired by log SNR. A recipe is one text of name=value with the names of a link to the page, such "
    'as "sampler=ddim strength=1 num_steps=1000 seed=1"; what it leaves out is as on the page, with 200 steps.'
)
MOST_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recipes."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    parser.add_argument("recipe", nargs="+", metavar="RECIPE", help='"sampler=ddpm num_steps=50 seed=1"')
    parser.add_argument("--num-images", type=int, default=8, help="N, in [1, 64]; default 8")
    experiment.add_telling(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    from ..experiments import compare, parse_column

    columns = [parse_column(text) for text in arguments.recipe]
    read: dict[str | None, Checkpoint] = {}

    def checkpoint_of(name: str | None) -> "Checkpoint":
        if name not in read:
            path = arguments.checkpoint if name is None else Path(name)
            read[name] = read_checkpoint(argparse.Namespace(**{**vars(arguments), "checkpoint": path}))
        return read[name]

    experiment.write_notebook(arguments, "compare")
    with experiment.told_progress() as progress:
        found = compare(columns, checkpoint_of, num_images=arguments.num_images, progress=progress)
    facts = {"num_images": arguments.num_images, "columns": [one.as_json() for one in found]}
    experiment.answer(
        arguments,
        facts,
        [line for text, one in zip(arguments.recipe, found, strict=True) for line in _lines(text, one)],
    )


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
