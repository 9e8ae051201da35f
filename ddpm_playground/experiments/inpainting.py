"""RePaint on a picture of one's own: what a mask leaves open is painted by the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from ..core import Sampling, SeededNoise, jumping_path, seam_error, timestep_path
from ..core import inpaint as painting_steps
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import check_sampling, steady_predictor
from .own_pictures import OwnPictures, at_size
from .steady_chain import ruled

STEPS, RESAMPLE, JUMP = 100, 4, 5


@dataclass(frozen=True, eq=False)
class Inpainted:
    """Painted pictures.

    Attributes:
        x_0: (N,C,H,W) float32; where it was known, the picture's own numbers.
        seam: see `seam_error`, of each, (N,).
        seam_before: of the pictures as they came.
        walked: how many steps were taken, up and down.
    """

    x_0: torch.Tensor
    seam: torch.Tensor
    seam_before: torch.Tensor
    walked: int


def read_mask(path: Path, checkpoint: Checkpoint) -> torch.Tensor:
    """A mask file at the network's size, (1,H,W): 1 where the picture is known (black), 0 where it is to be painted
    (white; from middle grey on).

    Raises:
        ValueError: no picture, or nothing in it to paint.
    """
    grey = at_size(path, checkpoint.image_shape[1:], "grey")[0]
    return checked_mask((grey < 0.0).float(), path.name)


def checked_mask(known: torch.Tensor, name: str) -> torch.Tensor:
    """The mask, refused where it asks for nothing.

    Raises:
        ValueError: all of it is known, or none.
    """
    if bool((known > 0).all()):
        raise Refusal("the mask {name} is all black, so nothing is to be painted; paint a part of it white", name=name)
    if not bool((known > 0).any()):
        raise Refusal(
            "the mask {name} is all white, so nothing of the picture is left; paint a part of it black", name=name
        )
    return known


def inpaint(
    checkpoint: Checkpoint,
    pictures: OwnPictures,
    known: torch.Tensor,
    sampling: Sampling | None = None,
    *,
    resample: int = RESAMPLE,
    jump: int = JUMP,
    guidance: float = 1.0,
    seed: int = 0,
    progress: Callable[[int], object] = lambda count: None,
) -> Inpainted:
    """RePaint (Lugmayr et al. 2022, algorithm 1) with r resamplings of stretches of j steps.

    Args:
        checkpoint: whose network.
        pictures: (N,C,H,W), with the classes that the network is told.
        known: m, (1,H,W), 1 where the picture is kept.
        sampling: ddpm or ddim; None for ddpm with 100 steps.
        resample: r.
        jump: j.
        guidance: W.
        seed: picture i depends on it and on i alone.
        progress: told how many pictures have taken a step.

    Raises:
        ValueError: settings that the checkpoint cannot have, or a mask without a seam.
    """
    sampling = sampling or Sampling(num_steps=min(STEPS, checkpoint.schedule.T))
    check_sampling(checkpoint, pictures.labels, sampling, guidance=guidance, seed=seed, batch_size=len(pictures))
    told = ruled(checkpoint, sampling)
    T = checkpoint.schedule.T
    path = jumping_path(timestep_path(T, told.steps_of(T), told.spacing), resample, jump)
    device = checkpoint.device
    noise = SeededNoise(seed, range(len(pictures)), checkpoint.image_shape, device)
    x_0, mask, x = pictures.x_0.to(device), known.to(device), pictures.x_0
    steps = painting_steps(
        checkpoint.schedule, steady_predictor(checkpoint, guidance), x_0, mask, path, noise, told,
        label=pictures.labels.to(device),
    )  # fmt: skip
    before = seam_error(pictures.x_0, known)
    for step in steps:
        x = step.x_s
        progress(len(x))
    painted = x.float().cpu()
    return Inpainted(painted, seam_error(painted, known), before, len(path) - 1)
