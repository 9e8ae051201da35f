"""SDEdit: a picture is noised to t and denoised from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from ..core import RuleSampler, Sampling, SeededNoise, q_sample, reverse
from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import check_sampling, steady_predictor
from .own_pictures import OwnPictures


def edit(
    checkpoint: Checkpoint,
    pictures: OwnPictures,
    ts: Sequence[int],
    sampling: Sampling | None = None,
    *,
    guidance: float = 1.0,
    seed: int = 0,
    progress: Callable[[int], object] = lambda count: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """x_t ~ q(x_t | x_0), then the chain from t (SDEdit, Meng et al. 2022, algorithm 1), for each t.

    The noise of picture i depends on the seed and i alone, and is the same for every t, so that a strip over t shows
    what t does. At t = 0 the picture is as it was.

    Args:
        checkpoint: whose network.
        pictures: (N,C,H,W), with the classes that the network is told.
        ts: t of each strip, in [0, T].
        sampling: ddpm or ddim; None for ddpm with all T steps.
        guidance: W.
        seed: of ε and every z.
        progress: told how many pictures have taken a step.

    Returns:
        x_t and x_0, (K,N,C,H,W) float32 each.

    Raises:
        ValueError: t outside [0, T], or settings that the checkpoint cannot have.
    """
    sampling = sampling or Sampling()
    check_sampling(checkpoint, pictures.labels, sampling, guidance=guidance, seed=seed, batch_size=len(pictures))
    sampler, told = checkpoint.sampler_for(sampling)
    if not ts:
        raise Refusal("give at least one t in [0, {T}], where the picture is noised to", T=checkpoint.schedule.T)
    for t in ts:
        whole_number("t", t, 0, checkpoint.schedule.T)
    predict = steady_predictor(checkpoint, guidance, driven=not isinstance(sampler, RuleSampler))
    x_0, labels = pictures.x_0.to(checkpoint.device), pictures.labels.to(checkpoint.device)
    noised, edited = [], []
    for t in ts:
        noise = SeededNoise(seed, range(len(pictures)), checkpoint.image_shape, checkpoint.device)
        x = q_sample(checkpoint.schedule, x_0, t, noise())
        noised.append(x.cpu())
        if t:
            walk = checkpoint.reverse if isinstance(sampler, RuleSampler) else reverse
            steps = sampler.steps(
                checkpoint.schedule, predict, x, noise, told, reverse=walk, label=labels, start_t=t
            )  # fmt: skip
            for step in steps:
                x = step.x_s
                progress(len(x))
        edited.append(x.float().cpu())
    return torch.stack(noised), torch.stack(edited)
