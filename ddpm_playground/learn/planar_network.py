"""A small ε-network for points in the plane that speaks as a diffusers UNet2DModel does."""

import math
from typing import NamedTuple

import torch
from torch import nn

FREQUENCIES = 16


class Said(NamedTuple):
    """What a diffusers network answers: `sample`, here ε̂, (B,2)."""

    sample: torch.Tensor


class PlanarNetwork(nn.Module):
    """ε_θ(x_t, t) for x_t in the plane: t as sines and cosines beside x_t, then three hidden layers.

    Called as network_output calls a UNet2DModel, so that Algorithm 1 and the samplers need not tell them apart.

    Args:
        T: number of steps, the unit of t.
        width: of each hidden layer.
        seed: what the weights are drawn from.
    """

    frequencies: torch.Tensor

    def __init__(self, T: int, width: int = 128, seed: int = 0) -> None:
        super().__init__()
        self.T = T
        self.config = {"num_class_embeds": None}
        sizes = (2 + 2 * FREQUENCIES, width, width, width, 2)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        self.register_buffer("frequencies", math.pi * torch.logspace(-1, 2, FREQUENCIES), persistent=False)
        generator = torch.Generator().manual_seed(seed)
        for layer in self.layers:
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x_t: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor | None = None) -> Said:
        """x_t (B,2) float32, timestep (B,) in 0…T−1 → ε̂ (B,2); there are no classes."""
        angle = ((timestep.to(x_t) + 1) / self.T)[:, None] * self.frequencies
        h = torch.cat([x_t, angle.sin(), angle.cos()], 1)
        *hidden, last = self.layers
        for layer in hidden:
            h = nn.functional.silu(layer(h))
        return Said(last(h))
