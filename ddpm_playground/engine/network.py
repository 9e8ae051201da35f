"""A network that is called as a diffusers network is, whatever runs it."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch

from ..core.phrase import PhrasedError

# How far a float32 engine's output may lie from eager float32's.
AGREEMENT = 1e-5


class EngineUnavailable(PhrasedError):
    """An engine that cannot run this network on this machine."""


class Network(Protocol):
    """ε_θ as diffusers calls it; its t counts from 0."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The UNet2DModel's config."""
        ...

    def __call__(self, x: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None) -> Any:
        """x (B,C,H,W), t (B,) int64, class_labels (B,) int64 or None → an object whose `sample` is (B,C,H,W)."""
        ...


def conditioning(config: Mapping[str, Any], label: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor | None:
    """What a network of this config is handed as class_labels beside x (B,C,H,W), of label (B,) int64 or None.

    Where it adds a vector to its time embedding ("identity"), zeros (B,E), which add nothing; where it has no classes,
    None.
    """
    if config.get("class_embed_type") == "identity":
        wide = config.get("time_embedding_dim") or 4 * config["block_out_channels"][0]
        return x.new_zeros(len(x), wide)
    return None if config.get("class_embed_type") is None and config["num_class_embeds"] is None else label


def examples(config: Mapping[str, Any], batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Inputs of a network of this config, on the CPU, from a fixed seed."""
    size, generator = config["sample_size"], torch.Generator().manual_seed(batch)
    height, width = (size, size) if isinstance(size, int) else size
    x = torch.randn(batch, config["in_channels"], height, width, generator=generator)
    rows = config.get("num_train_timesteps") if config.get("time_embedding_type") == "learned" else None
    t = torch.randint(0, min(rows or 1000, 1000), (batch,), generator=generator)
    label = torch.randint(0, config["num_class_embeds"] or 10, (batch,), generator=generator)
    return x, t, conditioning(config, label, x)
