"""The noise predictor's second input: one x_t, and what the shipped network says of it when it is told another t."""

from typing import NamedTuple

import torch

from ..core import SeededNoise, q_sample
from ..learn.data.pictures import bundled_digits
from .remembered import remembered
from .shipped_network import shipped_eps, shipped_schedule

SEED = 0
# How many other t the network is told for the curve.
NUM_TOLD = 20


class Noised(NamedTuple):
    """A digit and its noise at t, (1,C,H,W) each, and its class."""

    x_t: torch.Tensor
    eps: torch.Tensor
    label: int


def noised(place: int, t: int) -> Noised:
    """The place-th bundled digit at t, always with the same ε.

    Args:
        place: among the bundled digits.
        t: 1…T.
    """
    digits = bundled_digits()
    x_0 = digits.x_0(slice(place, place + 1))
    eps = SeededNoise(SEED, [0], x_0.shape[1:])()
    return Noised(q_sample(shipped_schedule(), x_0, t, eps), eps, int(digits.labels[place]))


@remembered(512)
def said(place: int, t: int, told: int) -> torch.Tensor:
    """ε_θ(x_t, told) of that digit at t, (1,C,H,W).

    Args:
        place: among the bundled digits.
        t: where x_t really is, 1…T.
        told: the t that the network is told, 1…T.
    """
    x_t, _, label = noised(place, t)
    return shipped_eps()(x_t, torch.tensor([told]), torch.tensor([label])).eps_hat.float()


def mse(eps: torch.Tensor, eps_hat: torch.Tensor) -> float:
    """Mean squared error of all pixels: ‖ε − ε̂‖²/D."""
    return float((eps - eps_hat).square().mean())


@remembered(64)
def mse_by_told(place: int, t: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Some t that the network is told, t itself among them, and the MSE that it has with each, (N,) both."""
    x_t, eps, label = noised(place, t)
    T = shipped_schedule().T
    told = torch.linspace(1, T, NUM_TOLD).round().long()
    told = torch.unique(torch.cat([told, torch.tensor([t])]))
    many = x_t.expand(len(told), *x_t.shape[1:])
    eps_hat = shipped_eps()(many, told, torch.full((len(told),), label)).eps_hat
    return told, (eps - eps_hat).square().flatten(1).mean(1)
