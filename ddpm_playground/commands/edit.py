"""`edit`: SDEdit on a picture of one's own."""

import argparse

from . import experiment

DESCRIPTION = (
    "Noise a picture to t and denoise it from there (SDEdit, Meng et al. 2022): t near 0 changes nothing, t near T "
    "all. With several t the answer is a strip."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to edit, and how far."""
    parser.description = DESCRIPTION
    experiment.add_checkpoint(parser)
    experiment.add_picture(parser)
    parser.add_argument("--t", required=True, help="where the chain begins, in [0, T]; several with commas between")
    experiment.add_chain(parser, "T, of which those below t are taken")
    experiment.add_sampler(parser)
    experiment.add_answer(
        parser,
        ".npz: x_0 and x_t (N,C,H,W) float32, images (N,H,W,C) uint8, t; with several t, (K,N,…). Or .png: a sheet",
    )


def run(arguments: argparse.Namespace) -> None:
    """Edit, write, tell how far each picture went."""
    import torch

    from ..experiments import edit
    from ..learn.judging.samples import pixels

    experiment.check_answer(arguments)
    ts = whole_numbers("--t", arguments.t)
    checkpoint, pictures = experiment.checkpoint_and_pictures(arguments)
    sampling = experiment.sampling_of(arguments, checkpoint.schedule.T)
    experiment.write_notebook(arguments, "edit", t=ts, steps=sampling.num_steps, clip=sampling.clip_x_0)
    with experiment.told_progress() as progress:
        x_t, x_0 = edit(
            checkpoint, pictures, ts, sampling, guidance=arguments.guidance,
            seed=arguments.seed, progress=progress,
        )  # fmt: skip
    images = torch.stack([torch.from_numpy(pixels(one)) for one in x_0])
    arrays = {"x_0": x_0, "x_t": x_t, "images": images}
    if len(ts) == 1:
        arrays = {name: value[0] for name, value in arrays.items()}
    arrays |= {"t": torch.tensor(ts), "labels": pictures.labels}
    experiment.write_answer(
        arguments.out, arrays, [("x_0", pictures.x_0), *((f"t = {t}", x) for t, x in zip(ts, x_0, strict=True))]
    )
    rms = (x_0 - pictures.x_0).square().flatten(1).mean(1).sqrt().tolist()
    facts = {"pictures": list(pictures.names), "labels": pictures.labels.tolist(), "t": ts, "x_0_rms": rms}
    experiment.answer(
        arguments,
        facts,
        [f"t = {t}: x_0 changed by {value:.3g} (rms, of [−1, 1])" for t, value in zip(ts, rms, strict=True)],
    )


def whole_numbers(name: str, text: str) -> list[int]:
    """Whole numbers with commas between.

    Raises:
        ValueError: a part that is none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise ValueError(f"{name} takes whole numbers with commas between, got {text[:60]!r}")
    return [int(part) for part in parts]
