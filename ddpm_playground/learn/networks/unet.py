"""The network and the one place where the paper's t becomes a diffusers network's 0-based t."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from ...core import Level, Prediction, Said, Schedule, SpreadPrediction, prediction_from
from ...core.phrase import Phrase, Refusal
from ...engine.network import Network, conditioning

if TYPE_CHECKING:  # it takes seconds to import, and the page opens without it
    from diffusers import UNet2DModel


def make_network(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    seed: int,
    channels: tuple[int, ...] = (16, 48, 96),
    layers: int = 1,
    attention_levels: int = 0,
    says_variance: bool = False,
) -> "UNet2DModel":
    """A UNet2DModel; where there are classes, its last class embedding is the null class.

    Args:
        image_shape: (C,H,W).
        num_classes: number of real classes; 0 for a network that knows none.
        seed: what the weights are drawn from.
        channels: width of each resolution, finest first.
        layers: residual blocks per resolution.
        attention_levels: how many of the coarsest resolutions have self-attention, beside the middle.
        says_variance: whether it has a second half of channels out, for σ².

    Raises:
        ValueError: a picture that cannot be halved as often as there are levels.
    """
    from diffusers import UNet2DModel

    C, H, W = image_shape
    factor = 2 ** (len(channels) - 1)
    if H % factor or W % factor or min(H, W) < factor:
        raise Refusal(
            "pictures must have sides divisible by {factor}, got {got}×{W}; scale them with --size, or give --channels "
            "fewer widths",
            factor=factor,
            got=H,
            W=W,
        )
    down = ["DownBlock2D"] * (len(channels) - attention_levels) + ["AttnDownBlock2D"] * attention_levels
    up = ["AttnUpBlock2D"] * attention_levels + ["UpBlock2D"] * (len(channels) - attention_levels)
    attended = channels[-max(1, attention_levels) :]
    # The weights come from diffusers' own initialisers, which draw from the global generator: lend it our seed.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # noqa: TID251
        return UNet2DModel(
            sample_size=H if H == W else (H, W),
            in_channels=C,
            out_channels=2 * C if says_variance else C,
            block_out_channels=channels,
            layers_per_block=layers,
            down_block_types=tuple(down),
            up_block_types=tuple(up),
            num_class_embeds=num_classes + 1 if num_classes else None,
            norm_num_groups=8,
            attention_head_dim=32 if not any(c % 32 for c in attended) else 8,
        )


def network_output(unet: Callable, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None) -> torch.Tensor:
    """What a diffusers network says of x_t, (B,C,H,W), t (B,) in 1…T as in the paper; it counts from 0."""
    return unet(x_t, t - 1, class_labels=label).sample


@dataclass(frozen=True)
class NetworkEps:
    """A diffusers network behind the EpsPredictor protocol, with classifier-free guidance.

    ε̂ = ε_∅ + W (ε_c − ε_∅) (Ho & Salimans 2022, eq. 6, with W = 1 + w); W = 1 is the conditional
    network alone, W = 0 the unconditional one. A label of −1 is the null class. What a network says of σ² is that of
    the class alone, whatever W. Two of them are equal where
    they say the same, so that an engine knows again what it has prepared.

    Attributes:
        schedule: the schedule that the network was trained with.
        network: a UNet2DModel, or what an engine makes of it.
        prediction_type: what the network says: "epsilon", "v_prediction" or "sample".
        guidance: W.
        has_null_class: whether the last class embedding is the null class; without one, W must be 1.
        variance_type: how the second half of what the network says is read, a key of LEARNED; None to leave it out.
        plain: the network that can be asked at fractions of t too, where `network` is an engine's; None for `network`.
        elsewhere: why it cannot be asked at the paper's t and x_t, of which `answer` alone is free; None where it can.
        condition: what the network is shown in channels behind those of x, (1,C,H,W); None for nothing.
        at_once: how many pictures it is asked of in one call, so that memory is bounded; None for all.
        apart: no picture may depend on its companions, by what a scheduler does with a batch.
    """

    schedule: Schedule
    network: Network
    prediction_type: str = "epsilon"
    guidance: float = 1.0
    has_null_class: bool = True
    variance_type: str | None = None
    plain: Network | None = None
    elsewhere: Phrase | None = None
    condition: torch.Tensor | None = field(default=None, compare=False)
    at_once: int | None = None
    apart: bool = field(default=True, compare=False)

    @property
    def null_class(self) -> int | None:
        """The label that stands for none; None for a network that has no such class."""
        embeddings = self.network.config["num_class_embeds"]
        return None if embeddings is None or not self.has_null_class else embeddings - 1

    @torch.no_grad()
    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        """Prediction (B,C,H,W) each; t (B,) in 1…T; label (B,) with −1 for none; level of t, or None.

        Raises:
            ValueError: the network is of a family whose time and x_t are others.
        """
        if self.elsewhere is not None:
            raise Refusal(self.elsewhere)
        output = self._output(self.network, x_t, t - 1, label)
        return self.read(x_t, t if level is None else level, output, self.prediction_type)

    def read(
        self, x_t: torch.Tensor, t: torch.Tensor | Level, output: torch.Tensor, prediction_type: str
    ) -> Prediction:
        """What the network's output at x_t (B,C,H,W) means, of C channels or of 2C, if it says a prediction_type."""
        value, *spread = output.split(x_t.shape[1], 1)
        found = prediction_from(self.schedule, prediction_type, x_t, t, value)
        if self.variance_type is None or not spread:
            return found
        return SpreadPrediction(*found, Said(spread[0], self.variance_type))

    @torch.no_grad()
    def answer(self, x: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """What the network itself says, guided, at a scheduler's own timestep, (B,C,H,W); 2C where it says σ² too.

        Args:
            x: (B,C,H,W) as the scheduler scales it.
            timestep: (B,), counted from 0 as the network does, whole or not.
            label: class of each, (B,) int64 with −1 for none, or None.
        """
        whole = bool((timestep == timestep.round()).all()) and bool((timestep >= 0).all())
        if whole:
            return self._output(self.network, x, timestep.long(), label)
        return self._output(self.plain or self.network, x, timestep.to(x.dtype), label)

    def output(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None) -> torch.Tensor:
        """As `answer`, at the paper's t (B,), which may lie between whole numbers."""
        return self.answer(x_t, t - 1, label)

    def _output(
        self, network: Network, x: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor | None
    ) -> torch.Tensor:
        def said(x: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor | None) -> torch.Tensor:
            if self.at_once is not None and len(x) > self.at_once:
                some = [slice(start, start + self.at_once) for start in range(0, len(x), self.at_once)]
                return torch.cat([said(x[i], timestep[i], None if label is None else label[i]) for i in some])
            if self.condition is not None:
                x = torch.cat([x, self.condition.to(x).expand(len(x), *self.condition.shape[1:])], 1)
            wanted = network.config.get("in_channels", x.shape[1])
            if x.shape[1] != wanted:
                raise Refusal(
                    "the network is shown {wanted} channels and x_t has {got}: what belongs beside it is not given; "
                    "draw with sample --condition FILE on the command line, or pg.reverse(…, condition=FILE) in Python",
                    wanted=wanted,
                    got=x.shape[1],
                )
            return network(x, timestep, class_labels=conditioning(network.config, label, x)).sample

        if self.null_class is None:
            return said(x, timestep, label)
        null = torch.full((len(x),), self.null_class, device=x.device)
        chosen = null if label is None else torch.where(label < 0, null, label)
        if self.guidance == 1.0 or label is None:
            return said(x, timestep, chosen)
        both = said(torch.cat([x, x]), torch.cat([timestep, timestep]), torch.cat([null, chosen]))
        unconditional, conditional = both.chunk(2)
        guided = unconditional + self.guidance * (conditional - unconditional)
        return torch.cat([guided[:, : x.shape[1]], conditional[:, x.shape[1] :]], 1)
