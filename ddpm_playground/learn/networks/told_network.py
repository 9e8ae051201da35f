"""Networks of other classes, called as a UNet2DModel is: those that are told a prompt besides, and DiT."""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import DiTTransformer2DModel, UNet2DConditionModel
from torch import nn

from .told_cost import bytes_of_conditional, bytes_of_dit


class ToldNetwork(nn.Module):
    """A network of diffusers behind a UNet2DModel's call and the keys of its config.

    Args:
        inner: the network.
        config: the keys of its config.json, those of a UNet2DModel among them.

    Attributes:
        told: what it is told besides, (1,…) each, as its forward names it; (1,E) of a dict's as "dict.name".
    """

    def __init__(self, inner: nn.Module, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.inner = inner
        self.config: dict[str, Any] = dict(config)
        self.told: dict[str, torch.Tensor] = {}

    def tell(self, told: Mapping[str, torch.Tensor]) -> None:
        """What every call says besides; kept on the network's device."""
        self.told = dict(told)

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The inner network's, under its own names."""
        return self.inner.state_dict(*args, **kwargs)

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Into the inner network, under its own names."""
        return self.inner.load_state_dict(state_dict, *args, **kwargs)

    @property
    def bytes_a_picture(self) -> int:
        """Bytes of activations that one x_t takes, roughly."""
        raise NotImplementedError

    def told_to(self, x: torch.Tensor) -> dict[str, Any]:
        """What is told, a row for each x."""
        given: dict[str, Any] = {}
        for name, value in self.told.items():
            if value.device != x.device:
                self.told[name] = value = value.to(x.device)
            row = value.to(x.dtype).expand(len(x), *value.shape[1:])
            place, _, key = name.partition(".")
            if key:
                given.setdefault(place, {})[key] = row
            else:
                given[place] = row
        return given


class PromptUNet(ToldNetwork):
    """A UNet2DConditionModel that is told one prompt at every call, or none where it attends to nothing."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "PromptUNet":
        """As diffusers builds it; weights and what it is told still to come."""
        inner: Any = UNet2DConditionModel.from_config(dict(config))
        return cls(inner, {**inner.config, "_class_name": UNet2DConditionModel.__name__})

    @property
    def bytes_a_picture(self) -> int:
        """Bytes of activations that one x_t takes, roughly."""
        return bytes_of_conditional(self.config)

    def forward(
        self, x: torch.Tensor, timestep: torch.Tensor | int, class_labels: torch.Tensor | None = None
    ) -> Any:  # fmt: skip
        """x (B,C,H,W) → an object whose `sample` is what the network says."""
        told = {"encoder_hidden_states": None, **self.told_to(x)}
        return self.inner(x, timestep, class_labels=class_labels, **told)


class DiTNetwork(ToldNetwork):
    """A DiTTransformer2DModel (Peebles & Xie 2023), whose last class embedding stands for no class."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "DiTNetwork":
        """As diffusers builds it, also of a config of 2022 that calls it Transformer2DModel."""
        size = config["sample_size"]
        side = size if isinstance(size, int) else size[0]
        told = {**config, "sample_size": side, "_class_name": DiTTransformer2DModel.__name__}
        inner: Any = DiTTransformer2DModel.from_config(told)
        own = dict(inner.config)
        own["out_channels"] = inner.out_channels
        return cls(inner, {**own, "num_class_embeds": own["num_embeds_ada_norm"] + 1, "class_embed_type": None})

    @property
    def bytes_a_picture(self) -> int:
        """Bytes of activations that one x_t takes, roughly."""
        return bytes_of_dit(self.config)

    def forward(
        self, x: torch.Tensor, timestep: torch.Tensor | int, class_labels: torch.Tensor | None = None
    ) -> Any:  # fmt: skip
        """x (B,C,H,W) → an object whose `sample` is what the network says; without labels, of no class."""
        t = torch.as_tensor(timestep, device=x.device).expand(len(x))
        if class_labels is None:
            class_labels = torch.full((len(x),), self.config["num_class_embeds"] - 1, device=x.device)
        return self.inner(x, timestep=t, class_labels=class_labels)
