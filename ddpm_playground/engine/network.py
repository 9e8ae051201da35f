"""A network that is called as a diffusers network is, whatever runs it."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch


class EngineUnavailable(RuntimeError):
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
