"""`invert`: DDIM inversion of pictures of one's own, and whether they come back."""

import argparse

from . import experiment

DESCRIPTION = (
    "Take pictures back to the x_T that they come from, and forth again (DDIM, Song, Meng & Ermon 2021; no clipping). "
    "x_T of a picture that the chain could have drawn would look like N(0, I), of standard deviation 1; that of an "
    "inversion is narrower, the more so the fewer the steps."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to invert, in how many steps."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    experiment.add_picture(parser)
    experiment.add_chain(parser, "50, or T if that is less", "changes nothing: no noise is drawn")
    parser.add_argument(
        "--fixed-points", type=int, default=0, metavar="K",
        help="iterations a step that solve it exactly (Pan et al. 2023), in [0, 50]; default 0",
    )  # fmt: skip
    experiment.add_answer(parser, ".npz: x_T, x_0 (N,C,H,W) float32, mse (N,). Or .png: a sheet")


def run(arguments: argparse.Namespace) -> None:
    """Invert, come back, tell by how much it misses."""
    from ..experiments import invert

    experiment.check_answer(arguments)
    checkpoint, pictures = experiment.checkpoint_and_pictures(arguments)
    steps = min(50, checkpoint.schedule.T) if arguments.steps is None else arguments.steps
    experiment.write_notebook(arguments, "invert", steps=steps)
    with experiment.told_progress() as progress:
        found = invert(
            checkpoint, pictures, num_steps=steps, spacing=arguments.spacing,
            guidance=arguments.guidance, fixed_points=arguments.fixed_points,
            progress=progress,
        )  # fmt: skip
    experiment.write_answer(
        arguments.out,
        {"x_T": found.x_T, "x_0": found.x_0, "mse": found.mse, "labels": pictures.labels},
        [("x_0", pictures.x_0), ("x_T", found.x_T / 3.0), ("back", found.x_0)],
    )
    mse, mean, std = float(found.mse.mean()), float(found.x_T.double().mean()), found.x_T_std
    facts = {
        "pictures": list(pictures.names), "labels": pictures.labels.tolist(), "steps": len(found.path) - 1,
        "fixed_points": arguments.fixed_points, "mse": mse, "mse_each": found.mse.tolist(), "x_T_mean": mean,
        "x_T_std": std, "residual": found.residual, "lost": found.lost,
    }  # fmt: skip
    lines = [
        f"{name}: comes back with mse {one:.3g}" for name, one in zip(pictures.names, found.mse.tolist(), strict=True)
    ]
    lines.append(f"x_T: mean {mean:.3f}, standard deviation {std:.3f}; of N(0, I) it is 0 and 1")
    experiment.answer(arguments, facts, [*lines, *([found.lost] if found.lost else [])])
