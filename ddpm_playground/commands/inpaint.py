"""`inpaint`: RePaint on a picture of one's own."""

import argparse

from . import experiment
from .paths import given_path

DESCRIPTION = (
    "Paint what a mask leaves open of a picture (RePaint, Lugmayr et al. 2022): the known part is put in at every "
    "step, and each stretch of j steps is walked r times, so that the painted part comes to agree with it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to paint, where, and how often."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    experiment.add_picture(parser)
    parser.add_argument(
        "--mask", type=given_path, required=True, metavar="FILE", help="a picture: white is painted, black is kept"
    )
    parser.add_argument("--resample", type=int, default=4, help="r, how often each stretch is walked; default 4")
    parser.add_argument("--jump", type=int, default=5, help="j, the steps of a stretch; default 5")
    experiment.add_chain(parser, "100, or T if that is less")
    experiment.add_sampler(parser)
    experiment.add_answer(
        parser,
        ".npz: x_0 (N,C,H,W) float32, where it is kept the picture's own numbers, images (N,H,W,C) uint8, mask (H,W), "
        "1 where painted. Or .png: a sheet",
    )


def run(arguments: argparse.Namespace) -> None:
    """Paint, write, tell the seam's error."""
    import torch

    from ..experiments import inpaint, read_mask
    from ..experiments.inpainting import STEPS
    from ..learn.judging.samples import pixels

    experiment.check_answer(arguments)
    checkpoint, pictures = experiment.checkpoint_and_pictures(arguments)
    known = read_mask(arguments.mask, checkpoint)
    sampling = experiment.sampling_of(arguments, min(STEPS, checkpoint.schedule.T))
    experiment.write_notebook(arguments, "inpaint", steps=sampling.num_steps, clip=sampling.clip_x_0)
    with experiment.told_progress() as progress:
        found = inpaint(
            checkpoint, pictures, known, sampling,
            resample=arguments.resample, jump=arguments.jump, guidance=arguments.guidance, seed=arguments.seed,
            progress=progress,
        )  # fmt: skip
    arrays = {
        "x_0": found.x_0, "images": torch.from_numpy(pixels(found.x_0)), "mask": 1.0 - known[0],
        "labels": pictures.labels,
    }  # fmt: skip
    experiment.write_answer(
        arguments.out,
        arrays,
        [("x_0", pictures.x_0), ("mask", pictures.x_0 * known + (1.0 - known)), ("painted", found.x_0)],
    )
    facts = {
        "pictures": list(pictures.names), "labels": pictures.labels.tolist(), "resample": arguments.resample,
        "jump": arguments.jump, "walked": found.walked, "painted_share": float(1.0 - known.mean()),
        "seam": found.seam.tolist(), "seam_of_picture": found.seam_before.tolist(),
    }  # fmt: skip
    lines = [
        f"{name}: seam (mean squared difference of neighbours across it) {seam:.3g}, of the picture itself {before:.3g}"
        for name, seam, before in zip(pictures.names, found.seam.tolist(), found.seam_before.tolist(), strict=True)
    ]
    experiment.answer(arguments, facts, [*lines, f"{found.walked} steps, up and down"])
