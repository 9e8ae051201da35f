"""A small ε-network for points in the plane that speaks as a diffusers UNet2DModel does."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file
from torch import nn

from ...core.checks import whole_number

FREQUENCIES = 16
WIDTH = 128
MAX_WIDTH, MAX_T = 4096, 10_000
# A point is a picture of one pixel with two channels, so that samplers and screens need not tell them apart.
POINT_SHAPE = (2, 1, 1)


class Said(NamedTuple):
    """What a diffusers network answers: `sample`, here ε̂, in the shape of x_t."""

    sample: torch.Tensor


class PlanarNetwork(nn.Module):
    """ε_θ(x_t, t) for x_t in the plane: t as sines and cosines beside x_t, then three hidden layers.

    Called, configured and saved as a UNet2DModel is, so that Algorithm 1 and the samplers need not tell them apart.

    Args:
        T: number of steps, the unit of t.
        width: of each hidden layer.
        seed: what the weights are drawn from.
    """

    frequencies: torch.Tensor

    def __init__(self, T: int, width: int = WIDTH, seed: int = 0) -> None:
        super().__init__()
        self.T = T
        self.config: dict[str, Any] = {
            "_class_name": type(self).__name__, "T": T, "width": width, "sample_size": POINT_SHAPE[1],
            "in_channels": POINT_SHAPE[0], "out_channels": POINT_SHAPE[0], "num_class_embeds": None,
        }  # fmt: skip
        sizes = (2 + 2 * FREQUENCIES, width, width, width, 2)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        self.register_buffer("frequencies", math.pi * torch.logspace(-1, 2, FREQUENCIES), persistent=False)
        if self.layers[0].weight.is_meta:
            return
        generator = torch.Generator().manual_seed(seed)
        for layer in self.layers:
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "PlanarNetwork":
        """A network of a saved config, with weights still to be loaded.

        Raises:
            ValueError: T or width is missing or out of range.
        """
        for name, most in (("T", MAX_T), ("width", MAX_WIDTH)):
            whole_number(name, config.get(name), 1, most)
        return cls(config["T"], config["width"])

    def save_pretrained(self, folder: Path, safe_serialization: bool = True) -> None:
        """Write config.json and the weights as safetensors, under the names that diffusers gives them."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n", encoding="utf-8")
        save_file(self.state_dict(), folder / "diffusion_pytorch_model.safetensors")

    def forward(
        self, x_t: torch.Tensor, timestep: torch.Tensor | int, class_labels: torch.Tensor | None = None
    ) -> Said:
        """x_t (B,2) or (B,2,1,1) float32, timestep (B,) in 0…T−1 → ε̂ in the same shape; there are no classes."""
        t = torch.as_tensor(timestep, device=x_t.device).expand(len(x_t))
        angle = ((t.to(x_t) + 1) / self.T)[:, None] * self.frequencies
        h = torch.cat([x_t.flatten(1), angle.sin(), angle.cos()], 1)
        *hidden, last = self.layers
        for layer in hidden:
            h = nn.functional.silu(layer(h))
        return Said(last(h).view_as(x_t))
