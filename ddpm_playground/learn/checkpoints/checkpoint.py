"""Trained weights from and to diffusers' folders: safetensors alone, as `layout_of` finds them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import UNet2DModel

from ...bridge.all_samplers import OWN, sampler_named
from ...bridge.driven_sampler import DrivenSampler
from ...bridge.families import family_of
from ...core import Reverse, Sampler, Sampling, Schedule, reverse
from ...core.phrase import Phrase, Refusal
from ...engine.device import describe_device, device_of
from ...engine.engines import ENGINES, pick_engine, running_on
from ...engine.network import Network
from ..networks.cost import bytes_a_picture, pictures_at_once, read_weights
from ..networks.planar_network import PlanarNetwork
from ..networks.told_network import ToldNetwork
from ..networks.unet import NetworkEps
from .architectures import ARCHITECTURES, PICTURES, TOLD, known_config, network_of
from .assumed_schedule import scheduler_config_of
from .autoencoder import Latents, check_autoencoder_beside, latents_of, read_autoencoder, undecoded
from .checkpoint_error import CheckpointError
from .class_names import classes_of
from .condition import check_condition, condition_channels
from .digest import sha256_of, sha256_of_all
from .empty_prompt import empty_prompt
from .layout import layout_of
from .other_family import check_engine, elsewhere, family_sampler, trained_schedule
from .own_sampling import OwnSampling, own_sampling
from .picture_size import Size
from .pipeline_files import WEIGHTS, save_pipeline
from .said_variance import told_of_variance, variance_type_of
from .shipped import checkpoint_folder

__all__ = [
    "ARCHITECTURES", "PICTURES", "TOLD", "WEIGHTS", "Checkpoint", "CheckpointError", "load_checkpoint",
    "save_pipeline", "sha256_of",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded pipeline folder.

    Attributes:
        unet: the network, in evaluation mode, channels-last; a PlanarNetwork, called alike, where `is_planar`.
        schedule: the schedule it was trained with.
        scheduler_config: the folder's scheduler_config.json as read.
        class_names: one name per class, in label order; empty if unconditional.
        sha256: of the weights file, or of the sums of its parts.
        read_as: a sentence each about what was chosen, converted or assumed; none for a folder of our own.
        engine: the engine that runs the network, a key of engine.ENGINES.
        network: what that engine calls; None for `unet` itself.
        has_null_class: whether the last class embedding stands for no class, which guidance needs.
        own: how its own pipeline samples.
        condition: what the network is shown beside x_t, (1,C,H,W), where it takes such; see `read_condition`.
        latents: what x is, where the network draws no pictures; None for pixels.
        fallback: why eager PyTorch runs the network though another engine was wanted; None where none was.
    """

    folder: Path
    unet: UNet2DModel
    schedule: Schedule
    scheduler_config: dict[str, Any]
    class_names: tuple[str, ...]
    sha256: str
    read_as: tuple[Phrase, ...] = ()
    engine: str = "eager"
    network: Network | None = None
    has_null_class: bool = True
    own: OwnSampling = field(default_factory=lambda: OwnSampling("DDPMScheduler", {}, 1))
    condition: torch.Tensor | None = None
    latents: Latents | None = None
    fallback: Phrase | None = None

    @property
    def timed_as(self) -> str:
        """What the time of its steps is kept under: the same weights take another time in another engine."""
        return f"{self.sha256}:{self.engine}"

    @property
    def needs_label(self) -> bool:
        """Whether each picture must have a class, as there is none that stands for no class."""
        return bool(self.class_names) and not self.has_null_class

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C,H,W) of one picture."""
        size = self.unet.config["sample_size"]
        height, width = (size, size) if isinstance(size, int) else size
        config = self.unet.config  # of which there may be more in, of a condition, or out, about σ²
        return min(config["in_channels"], config.get("out_channels", config["in_channels"])), height, width

    @property
    def device(self) -> torch.device:
        """Where the network's weights are."""
        return device_of(self.unet)

    @property
    def is_planar(self) -> bool:
        """Whether it makes points in the plane and no pictures; these are not bounded by ±1."""
        return isinstance(self.unet, PlanarNetwork)

    @property
    def is_bounded(self) -> bool:
        """Whether what it makes lies in ±1, as pixels do; x̂_0 of others is never clipped by the samplers here."""
        return not self.is_planar and self.latents is None

    def check_plain(self) -> None:
        """Refuse what works on pictures and on x_t alone.

        Raises:
            ValueError: the network draws latents, or is told a prompt.
        """
        if self.latents is not None or isinstance(self.unet, ToldNetwork):
            raise Refusal(
                "the network of {name} draws latents or is told a prompt, which only Reverse and sample can show; "
                "choose a checkpoint of pictures",
                name=repr(self.folder.name),
            )

    @property
    def prediction_type(self) -> str:
        """What the network says: epsilon, v_prediction or sample."""
        return self.scheduler_config.get("prediction_type", "epsilon")

    @property
    def variance_type(self) -> str | None:
        """How the σ² that the network says is read, a key of core.LEARNED; None where σ² is the sampler's."""
        return variance_type_of(self.unet.config, self.scheduler_config)

    def predictor(self, guidance: float = 1.0) -> NetworkEps:
        """The network as an ε-predictor; without a null class there is no guidance."""
        network = cast(Network, self.unet) if self.network is None else self.network
        w = 1.0 if self.needs_label else guidance
        return NetworkEps(
            self.schedule, network, self.prediction_type, w, self.has_null_class,
            variance_type=self.variance_type, plain=cast(Network, self.unet), elsewhere=elsewhere(self.own.family),
            condition=self.condition, at_once=self._at_once,
        )  # fmt: skip

    @property
    def _at_once(self) -> int | None:
        """Of how many pictures the network may be asked in one call; None for as many as there are."""
        if self.device.type != "cpu" or self.is_planar:
            return None
        told = self.unet if isinstance(self.unet, ToldNetwork) else None
        return pictures_at_once(bytes_a_picture(self.unet.config) if told is None else told.bytes_a_picture)

    def as_diffusers_has_it(self) -> "Checkpoint":
        """The same, its weights laid out as diffusers leaves them: then eager PyTorch sums in the same order."""
        self.unet.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return self

    def sampler_for(self, sampling: Sampling) -> tuple[Sampler, Sampling]:
        """What a sampler's name means on this checkpoint, and what it is told: "own", or a class of diffusers.

        Raises:
            ValueError: no such sampler, or one that is not for this network.
        """
        found = self._sampler_for(sampling if self.is_bounded else replace(sampling, clip_x_0=False))
        check_condition(self, *found)
        return found

    def _sampler_for(self, sampling: Sampling) -> tuple[Sampler, Sampling]:
        if self.own.family is not None:
            return family_sampler(self.own.family, self.own, self.schedule, sampling)
        sampler = sampler_named(sampling.sampler)
        if not isinstance(sampler, DrivenSampler) or sampler.config is not None:  # it has one of its own already
            return sampler, sampling
        said = self.variance_type
        if sampling.sampler != OWN:
            own = sampler.class_name == self.own.class_name
            return DrivenSampler(sampler.class_name, self.own.config, own, said), sampling
        steps = self.own.num_steps if sampling.num_steps is None else sampling.num_steps
        if self.own.is_here and not sampling.options:
            told = replace(sampling, sampler="ddpm", eta_or_w=0.0, num_steps=steps, spacing="trailing", clip_x_0=True)
            return sampler_named("ddpm"), told
        return self.own.sampler(said), replace(sampling, num_steps=steps)

    @property
    def reverse(self) -> Reverse:
        """`core.reverse`, or where the engine has its own way to walk that chain, the engine's."""
        return getattr(self.network, "reverse", reverse)

    def on(self, engine: str = "auto") -> "Checkpoint":
        """The same checkpoint with its network run by an engine, see `running_on`; "auto" is the fastest."""
        running = running_on(self.unet, self.sha256, self.engine_for(engine))
        return replace(self, engine=running.engine, network=running.network, fallback=running.fallback)

    def engine_for(self, engine: str = "auto") -> str:
        """The engine that `on` will try, see `pick_engine`.

        A network of the plane is too small to gain by any, and none knows the fractions of t that other families ask,
        or what a ToldNetwork is told.
        """
        check_engine(self.own.family, engine)
        told = self.is_planar or isinstance(self.unet, ToldNetwork) or condition_channels(self)
        return "eager" if told or elsewhere(self.own.family) else pick_engine(self.device.type, engine)

    def of_latents(self, latents: Latents, told: Phrase) -> "Checkpoint":
        """The same, of which it is known what its x are, and a sentence more that says so."""
        return replace(self, latents=latents, read_as=(*self.read_as, told))

    def described(self) -> Phrase:
        """Device and engine, for the screen and the model card."""
        return Phrase("{device}, {engine}", device=describe_device(self.device), engine=ENGINES[self.engine].title)


def _converted(state: dict[str, torch.Tensor]) -> Iterator[Phrase]:
    """What is done to weights so that they can run here."""
    kinds = sorted({str(value.dtype).removeprefix("torch.") for value in state.values()} - {"float32"})
    if kinds:
        yield Phrase("its weights are kept as {kinds} and run as float32", kinds=", ".join(kinds))
    if any(name.endswith(".proj_attn.weight") for name in state):
        yield Phrase("its attention has diffusers' names of 2022 (query, key, value, proj_attn), which are translated")


def load_checkpoint(
    folder: str | Path, device: torch.device | str = "cpu", architectures: tuple[str, ...] = PICTURES,
    size: Size | None = None,
) -> Checkpoint:  # fmt: skip
    """A diffusers folder whose network is a UNet2DModel, or another of ARCHITECTURES.

    Args:
        folder: a pipeline's, a network's, or a file of weights beside its config.json, see `layout_of`; or the name of
            a shipped one, see `checkpoint_folder`.
        device: where the network shall run.
        architectures: keys of ARCHITECTURES that are welcome; networks of latents are where all of TOLD are.
        size: (H,W) of x_t; None for its own.

    Raises:
        CheckpointError: missing, truncated, of another architecture, or with pickled weights alone.
    """
    folder = checkpoint_folder(folder)
    if not folder.is_dir() and not (folder.is_file() and folder.suffix == ".safetensors"):
        raise CheckpointError(
            "no checkpoint folder {folder}; give a folder with unet/ and scheduler/ in it", folder=folder
        )
    layout = layout_of(folder)
    config, chosen = known_config(layout, architectures, size)
    decoder = check_autoencoder_beside(layout, config) if config["_class_name"] != "PlanarNetwork" else None
    scheduler_config, assumed = scheduler_config_of(layout, config)
    weights = layout.weights()
    autoencoder = None if decoder is None else read_autoencoder(layout, config, decoder)
    prompt = empty_prompt(layout, config, _picture_size(config) if autoencoder is None else autoencoder.shape[1:])
    state = read_weights(*weights)
    read_as = (*layout.read_as(weights), *_converted(state), *assumed, *chosen, *prompt.read_as)
    at_0 = elsewhere(family_of(scheduler_config)) is None
    unet, broken = network_of(config, state, prompt.told, at_0=at_0)
    try:
        schedule, shown_as = trained_schedule(scheduler_config)
    except ValueError as error:
        raise CheckpointError("scheduler_config.json cannot be used: {error}", error=error) from None
    unet.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    classes = classes_of(layout, scheduler_config, config)
    own = own_sampling(layout, scheduler_config, schedule.T, variance_type_of(config, scheduler_config))
    told = (*told_of_variance(config, scheduler_config, own.class_name), *own.read_as())
    found = Checkpoint(
        layout.folder, unet, schedule, scheduler_config, classes.names, sha256_of_all(weights),
        (*read_as, *broken, *shown_as, *classes.read_as, *told), has_null_class=classes.has_null, own=own,
    )  # fmt: skip
    if autoencoder is not None:
        return found.of_latents(*latents_of(autoencoder.to(device), partial(_said_of_noise, found)))
    if isinstance(unet, ToldNetwork) and found.image_shape[0] not in (1, 3) and not condition_channels(found):
        return found.of_latents(*undecoded(_said_of_noise(found)))
    return found


def _picture_size(config: dict[str, Any]) -> tuple[int, int]:
    size = config["sample_size"]
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _said_of_noise(checkpoint: Checkpoint) -> torch.Tensor:
    """What a network says of noise from a fixed seed, halfway along its t, (1,C,H,W)."""
    x = torch.randn(1, *checkpoint.image_shape, generator=torch.Generator().manual_seed(0)).to(checkpoint.device)
    label = torch.zeros(1, dtype=torch.int64, device=x.device) if checkpoint.class_names else None
    t = torch.full((1,), checkpoint.schedule.T // 2, device=x.device)
    return checkpoint.predictor().answer(x, t, label)[:, : x.shape[1]].cpu()
