"""What makes pictures of a network's latents, read from its folder as the network is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderKL, VQModel

from ...core.phrase import Phrase
from ..data.latent_maps import LinearMap, fitted_to_pictures, principal, published
from ..networks.cost import read_weights
from ..networks.told_cost import check_autoencoder
from .architectures import built, unfit
from .checkpoint_error import CheckpointError, part_error
from .json_object import read_json_object
from .layout import DECODERS, INDEX, Layout, decoder_folder
from .weight_files import weight_files

AUTOENCODERS: dict[str, Any] = {"AutoencoderKL": AutoencoderKL, "VQModel": VQModel}
SCALING = 0.18215  # the default of both classes
# Stable Diffusion's autoencoders, by the widths of their levels; which, by the scaling factor.
SD_CHANNELS = [128, 256, 512, 512]
SCALED = {0.18215: "Stable Diffusion 1", 0.13025: "Stable Diffusion XL"}
# What a map is fitted to: noise of so many pixels a side, first smooth in squares of so many, then of every pixel.
FITTED_SIDE, FITTED_SQUARES = 16, (8, 4, 2, 1)
LINEAR = 0.1  # the R² of a map that says anything


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """The decoder of a network's latents.

    Attributes:
        place: its folder's name.
        network: an AutoencoderKL or a VQModel, in evaluation mode.
        shape: (C,H,W) of a picture.
    """

    place: str
    network: Any
    shape: tuple[int, int, int]

    @property
    def class_name(self) -> str:
        """Of diffusers."""
        return type(self.network).__name__

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Pictures (N,C,H,W), about in −1…1, of latents (N,c,h,w) as the network draws them.

        As LDMPipeline, DiTPipeline and StableDiffusionPipeline do: z/scaling_factor; or, where the config has both
        latents_mean and latents_std, z · std/scaling_factor + mean, as StableDiffusionXLPipeline does. One after the
        other, so that memory is that of one and a picture depends on no other.
        """
        config, device = self.network.config, next(self.network.parameters()).device
        z = latents.to(device, torch.float32)
        mean, std = (_row(config.get(key), z) for key in ("latents_mean", "latents_std"))
        z = z / config["scaling_factor"] if mean is None or std is None else z * std / config["scaling_factor"] + mean
        return torch.cat([self.network.decode(one[None]).sample for one in z]).to(latents.device)

    def to(self, device: torch.device | str) -> "Autoencoder":
        """The same, its weights moved."""
        self.network.to(device)
        return self

    def colours(self, said: Callable[[], torch.Tensor]) -> LinearMap:
        """Latents as colours without decoding: what is published for Stable Diffusion's, else a map that is fitted.

        Fitted by least squares to what it makes of noise of several scales from a fixed seed; where that explains less
        than LINEAR of it, to the principal axes of what the network says.

        Args:
            said: asks the network what it says of noise, (N,C,H,W).
        """
        config = self.network.config
        name = SCALED.get(round(float(config["scaling_factor"]), 5))
        if name and list(config["block_out_channels"]) == SD_CHANNELS and config["latent_channels"] == 4:
            return published(name)
        channels, generator = config["latent_channels"], torch.Generator().manual_seed(0)
        z = torch.cat([
            torch.randn(1, channels, FITTED_SIDE // square, FITTED_SIDE // square, generator=generator)
            .repeat_interleave(square, 2).repeat_interleave(square, 3)
            for square in FITTED_SQUARES
        ])  # fmt: skip
        found, explained = fitted_to_pictures(z, self.decode(z).cpu())
        if explained >= LINEAR:
            return found
        source = Phrase(
            "the first three principal axes of what the network says of noise, since no linear map says what {place}/ "
            "makes of it",
            place=self.place,
        )
        return principal(torch.nan_to_num(said()), source)


@dataclass(frozen=True, eq=False)
class Latents:
    """What x is, where it is no picture.

    Attributes:
        colours: how it is shown.
        autoencoder: what makes pictures of it; None where there is none.
    """

    colours: LinearMap
    autoencoder: Autoencoder | None

    def pictures(self, x_0: torch.Tensor) -> torch.Tensor:
        """Pictures of latents x_0 (N,c,h,w): decoded, or where nothing decodes them, through the linear map."""
        return self.colours.colours(x_0) if self.autoencoder is None else self.autoencoder.decode(x_0)


def _row(values: Any, z: torch.Tensor) -> torch.Tensor | None:
    """Numbers of a config, one a channel, as (1,C,1,1); None where there are not so many."""
    if not isinstance(values, list | tuple) or len(values) != z.shape[1]:
        return None
    return torch.tensor([float(value) for value in values], device=z.device)[None, :, None, None]


def check_autoencoder_beside(layout: Layout, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The config of the decoder beside a network; None where there is none, and its network draws pixels.

    Args:
        layout: where the parts lie.
        config: the network's.

    Raises:
        CheckpointError: model_index.json names one that is not there; or it is of a class or size that cannot be run.
    """
    folder = decoder_folder(layout)
    if folder is None:
        _refuse_missing(layout)
        return None
    own = read_json_object(folder / "config.json")
    name = own.get("_class_name")
    if name not in AUTOENCODERS:
        raise CheckpointError(
            "{place}/, which makes pictures of the network's latents, is a {name}; only {known} can be run here",
            place=folder.name, name=repr(name)[:60], known=" or ".join(AUTOENCODERS),
        )  # fmt: skip
    drawn = min(config["in_channels"], config["out_channels"])
    taken = own.get("latent_channels", 4 if name == "AutoencoderKL" else 3)
    taken = own.get("vq_embed_dim") or taken if name == "VQModel" else taken
    if taken != drawn:
        raise CheckpointError(
            "the network draws latents of {drawn} channels, {place}/ makes pictures of {taken}: they do not belong "
            "together; copy the whole folder of one",
            drawn=drawn, place=folder.name, taken=str(taken)[:20],
        )  # fmt: skip
    factor = own.get("scaling_factor", SCALING)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < abs(factor) < float("inf"):
        raise CheckpointError(
            "scaling_factor of {place}/ must be a number and not 0, got {got}; correct it",
            place=folder.name, got=str(factor)[:40],
        )  # fmt: skip
    _checked_size(own, config, folder.name)
    return own


def _refuse_missing(layout: Layout) -> None:
    """Refuse a pipeline whose model_index.json names a decoder that is not there."""
    index = layout.folder / INDEX
    named = read_json_object(index) if index.is_file() else {}
    for place in DECODERS:
        if isinstance(named.get(place), list) and any(named[place]):
            raise CheckpointError(
                "{name}/ is missing in the checkpoint, which makes pictures of what the network draws; copy the whole "
                "folder",
                name=place,
            )


def _checked_size(own: Mapping[str, Any], config: Mapping[str, Any], place: str) -> tuple[int, int]:
    size = config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    return check_autoencoder(own, (height, width), place)


def read_autoencoder(layout: Layout, config: Mapping[str, Any], own: dict[str, Any]) -> Autoencoder:
    """The decoder beside a network.

    Args:
        layout: where the parts lie.
        config: the network's.
        own: the decoder's, see `check_autoencoder_beside`.

    Raises:
        CheckpointError: as for a network's weights; the sentence names the folder.
    """
    folder = decoder_folder(layout)
    assert folder is not None
    try:
        state = read_weights(*weight_files(folder))
        network = built(AUTOENCODERS[own["_class_name"]], own, state)
    except CheckpointError as error:
        raise part_error(folder.name, error) from None
    except Exception as error:  # whatever a hostile config makes diffusers raise
        raise part_error(folder.name, unfit(error)) from None
    height, width = _checked_size(own, config, folder.name)
    found = Autoencoder(folder.name, network, (network.config["out_channels"], height, width))
    _try(found, config)
    return found


def _try(found: Autoencoder, config: Mapping[str, Any]) -> None:
    """Decode a few zeros, so that one that cannot run is found out now.

    Raises:
        CheckpointError: it cannot, or makes pictures of other channels or of no finite numbers.
    """
    channels = min(config["in_channels"], config["out_channels"])
    try:
        made = found.decode(torch.zeros(1, channels, 2, 2))
    except Exception as error:  # whatever its config makes it raise
        raise part_error(found.place, " ".join(str(error).split())[:200]) from None
    factor = found.shape[1] // _height(config)
    if made.shape[1] not in (1, 3) or made.shape[2] != 2 * factor or not bool(torch.isfinite(made).all()):
        raise CheckpointError(
            "{place}/ makes no pictures of finite numbers: it makes {shape} of {given}",
            place=found.place, shape=tuple(made.shape[1:]), given=(channels, 2, 2),
        )  # fmt: skip


def _height(config: Mapping[str, Any]) -> int:
    size = config["sample_size"]
    return size if isinstance(size, int) else size[0]


def latents_of(found: Autoencoder, said: Callable[[], torch.Tensor]) -> tuple[Latents, Phrase]:
    """How its latents are shown, and a sentence that says it.

    Args:
        found: what makes pictures of them.
        said: asks the network what it says of noise, (N,C,H,W).
    """
    colours = found.colours(said)
    return Latents(colours, found), Phrase(
        "it draws latents, of which {place}/ makes pictures of {height}×{width}; x_t is shown through a linear map of "
        "its {channels} channels to red, green and blue, {source}",
        place=found.place, height=found.shape[1], width=found.shape[2], channels=colours.channels,
        source=colours.source,
    )  # fmt: skip


def undecoded(said: torch.Tensor) -> tuple[Latents, Phrase]:
    """How latents are shown that nothing decodes, and a sentence that says it.

    Args:
        said: what the network says of noise, (N,C,H,W).
    """
    source = Phrase("the first three principal axes of what the network says of noise")
    colours = principal(torch.nan_to_num(said), source)
    return Latents(colours, None), Phrase(
        "it draws {channels} channels, which are no colours, and nothing beside it makes pictures of them; x_t is "
        "shown through a linear map of these to red, green and blue, {source}",
        channels=colours.channels,
        source=colours.source,
    )
