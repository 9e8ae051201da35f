"""The shipped network for the chapters that ask it: it computes in float32, what is made of its word in float64."""

from functools import cache

import torch

from ..core import EpsPredictor, Prediction, Schedule, x_0_from_eps
from ..learn.data import bundled_digits
from ..run import shelf

CHECKPOINT = "mnist"


class Float64Eps:
    """An ε-predictor that hears x_t in float32 and whose ε̂ and x̂_0 are float64 on the CPU.

    x̂_0 is had from ε̂ in float64, as near T the division by √ᾱ_t makes float32's rounding 157 times as large.

    Args:
        schedule: the schedule of the predictor.
        predict: the predictor.
        device: where the predictor wants x_t.
    """

    def __init__(self, schedule: Schedule, predict: EpsPredictor, device: torch.device | str = "cpu") -> None:
        self.schedule, self.predict, self.device = schedule, predict, device

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """x_t (B,*D), t (B,) in 1…T, label (B,) or None → Prediction in float64."""
        at = None if label is None else label.to(self.device)
        eps_hat = self.predict(x_t.float().to(self.device), t.to(self.device), at).eps_hat.cpu().double()
        return Prediction(eps_hat, x_0_from_eps(self.schedule, x_t.double(), t, eps_hat))


def shipped_schedule() -> Schedule:
    """The schedule that the shipped network was trained with."""
    return shelf().load(CHECKPOINT).schedule


def shipped_eps() -> Float64Eps:
    """The shipped network, by the engine that runs it now."""
    checkpoint = shelf().load(CHECKPOINT)
    return Float64Eps(checkpoint.schedule, checkpoint.predictor(), next(checkpoint.unet.parameters()).device)


@cache
def first_of_class(c: int) -> int:
    """Place of the first bundled digit of class c, 0…9."""
    return int((bundled_digits().labels == c).nonzero()[0, 0])
