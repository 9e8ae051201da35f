"""A chain between its start and its end, its pictures independent of their companions and of float32's rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ..core import EpsPredictor, Level, Prediction, RuleSampler, Sampling, SeededNoise, Step, reverse, x_0_from_eps
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import chain, steady_predictor


@dataclass(frozen=True)
class InDouble:
    """An ε-predictor asked in float32 by a chain that is carried in float64.

    Two rules that are equal on paper then differ by what is left of float64, not by √(1−ᾱ_t)/√ᾱ_t times the rounding of
    float32 (1.8e-5 in x̂_0 at t = 1000 of the linear schedule).

    Attributes:
        predict: the predictor to ask.
        checkpoint: whose it is.
    """

    predict: EpsPredictor
    checkpoint: Checkpoint

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        """Prediction (B,*D) float64 each; `level` is not looked at."""
        raw = self.predict(x_t.float(), t, label)
        eps_hat = raw.eps_hat.double()
        if self.checkpoint.prediction_type != "epsilon":
            return Prediction(eps_hat, raw.x_hat_0.double())
        return Prediction(eps_hat, x_0_from_eps(self.checkpoint.schedule, x_t, t, eps_hat))


def ruled(checkpoint: Checkpoint, sampling: Sampling) -> Sampling:
    """The chain's settings, refused where its steps are no rows of coefficients: such a chain cannot be taken apart.

    Raises:
        ValueError: a sampler of diffusers'.
    """
    sampler, told = checkpoint.sampler_for(sampling)
    if not isinstance(sampler, RuleSampler):
        raise Refusal(
            "{name} cannot be stopped, stepped back or shown a picture between its steps; choose ddpm or ddim",
            name=sampling.sampler,
        )
    return told


def asked_in_double(checkpoint: Checkpoint, guidance: float) -> InDouble:
    """The checkpoint's ε-predictor for chains in float64."""
    return InDouble(steady_predictor(checkpoint, guidance), checkpoint)


def steps_in_double(
    checkpoint: Checkpoint, indices: range, labels: torch.Tensor, sampling: Sampling, *, guidance: float, seed: int
) -> Iterator[Step]:
    """As `learn.judging.samples.chain`; carried in float64 where the sampler is a rule of our own.

    Networks that say σ² themselves are asked as they are, and diffusers' samplers keep their own types.
    """
    sampler, told = checkpoint.sampler_for(sampling)
    if not isinstance(sampler, RuleSampler) or checkpoint.variance_type is not None:
        yield from chain(checkpoint, indices, labels, sampling, guidance=guidance, seed=seed)
        return
    noise = SeededNoise(seed, indices, checkpoint.image_shape, checkpoint.device)

    yield from sampler.steps(
        checkpoint.schedule, asked_in_double(checkpoint, guidance), noise().double(), noise, told, reverse=reverse,
        label=labels.to(checkpoint.device),
    )  # fmt: skip
