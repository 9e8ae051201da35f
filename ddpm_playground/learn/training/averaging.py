"""The averaged weights that a training hands out: an exponential moving average of those it moves."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from diffusers.training_utils import EMAModel
from torch import nn


class AveragedWeights:
    """θ̄ ← d θ̄ + (1 − d) θ after every step, for a network's parameters θ; the first step takes θ itself.

    Args:
        network: whose parameters are averaged.
        decay: d, in [0, 1].
        warm_up: let d be (1 + n)/(10 + n) at the n-th step after the first while that is smaller, so that an average
            of few steps forgets the first weights; without it, d is the same from the second step on.
    """

    def __init__(self, network: nn.Module, decay: float, *, warm_up: bool = True) -> None:
        self.network, self.parameters = network, list(network.parameters())
        self.ema = EMAModel(self.parameters, decay=decay, min_decay=0.0 if warm_up else decay, foreach=True)

    @property
    def weights(self) -> list[torch.Tensor]:
        """θ̄, in the order of the network's parameters."""
        return self.ema.shadow_params

    def update(self) -> None:
        """Take in the network's present weights."""
        self.ema.step(self.parameters)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While it is entered, the network holds θ̄ and is in evaluation mode."""
        self.ema.store(self.parameters)
        self.ema.copy_to(self.parameters)
        self.network.eval()
        try:
            yield
        finally:
            self.ema.restore(self.parameters)
            self.network.train()

    def copied(self) -> nn.Module:
        """A copy of the network that holds θ̄, in evaluation mode."""
        network = copy.deepcopy(self.network).eval()
        self.ema.copy_to(network.parameters())
        return network
