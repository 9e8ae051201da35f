"""What may be watched: a pipeline, a network with its scheduler, a scheduler; and what is known of their pictures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.phrase import Refusal

AUTOENCODERS = ("vae", "vqvae", "movq", "autoencoder", "vqgan")
NETWORKS = ("unet", "transformer", "model", "prior", "decoder")
TAKEN = "a diffusers pipeline, (unet, scheduler) or a scheduler"


@dataclass(frozen=True, eq=False)
class Subject:
    """What is watched.

    Attributes:
        name: of its class.
        schedulers: name → scheduler.
        latent: whether its x are an autoencoder's latents; None where nothing tells.
        channels: numbers of channels that its network or autoencoder names; empty where nothing tells.
        sample_size: side of its x, where its network tells.
        pipeline: the pipeline, where it is one.
    """

    name: str
    schedulers: Mapping[str, Any]
    latent: bool | None = None
    channels: tuple[int, ...] = ()
    sample_size: int | None = None
    pipeline: Any = None

    @property
    def exchanged(self) -> bool:
        """Whether the pipeline has another scheduler now than the one that is watched."""
        if self.pipeline is None:
            return False
        return any(getattr(self.pipeline, name, one) is not one for name, one in self.schedulers.items())


def subject_of(*given: Any) -> Subject:
    """What is to be watched.

    Args:
        given: a pipeline, a scheduler, or a network and a scheduler in any order, as two or as a tuple.

    Raises:
        Refusal: none of these.
    """
    parts = tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    if len(parts) == 1 and not is_scheduler(parts[0]):
        return _of_pipeline(parts[0])
    schedulers = [part for part in parts if is_scheduler(part)]
    if len(schedulers) != 1 or len(parts) > 2:
        raise Refusal(
            "to watch, {taken} is needed, got {got}; give one of these",
            taken=TAKEN, got=", ".join(type(part).__name__ for part in parts)[:200] or "nothing",
        )  # fmt: skip
    network = next((part for part in parts if part is not schedulers[0]), None)
    channels, side = _of_network(network)
    latent = None if network is None else _takes_text(network) or None
    return Subject(type(schedulers[0]).__name__, {"scheduler": schedulers[0]}, latent, channels, side)


def is_scheduler(value: Any) -> bool:
    """Whether it steps through timesteps; a class is none, and neither is an optimiser's or a learning rate's."""
    steps = callable(getattr(value, "step", None)) or by_halves(value)
    return not isinstance(value, type) and steps and hasattr(value, "timesteps")


def by_halves(value: Any) -> bool:
    """Whether it steps by a predictor and a corrector (Song et al. 2021, algorithm 2)."""
    return callable(getattr(value, "step_pred", None)) and callable(getattr(value, "step_correct", None))


def _of_pipeline(pipeline: Any) -> Subject:
    parts = dict(_parts(pipeline))
    schedulers = {name: part for name, part in parts.items() if is_scheduler(part)}
    if not schedulers:
        raise Refusal(
            "{name} has no scheduler that steps through timesteps; to watch, give {taken}",
            name=type(pipeline).__name__, taken=TAKEN,
        )  # fmt: skip
    # One scheduler under two names is hooked once.
    schedulers = {name: part for name, part in schedulers.items()
                  if next(n for n, p in schedulers.items() if p is part) == name}  # fmt: skip
    coder = next((parts[name] for name in AUTOENCODERS if parts.get(name) is not None), None)
    network = next((parts[name] for name in NETWORKS if parts.get(name) is not None), None)
    channels, side = _of_network(network)
    config = getattr(coder, "config", None) or {}
    channels += tuple(config[key] for key in ("latent_channels", "z_dim") if isinstance(config.get(key), int))
    return Subject(type(pipeline).__name__, schedulers, coder is not None, channels, side, pipeline)


def _parts(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """The components of a pipeline, or the attributes of whatever else."""
    try:
        components = getattr(pipeline, "components", None)
    except ValueError:  # diffusers' own, where a subclass has registered more than its constructor takes
        components = None
    yield from (components if isinstance(components, Mapping) else getattr(pipeline, "__dict__", {})).items()


def _of_network(network: Any) -> tuple[tuple[int, ...], int | None]:
    """Channels and side of what a network gives."""
    config = getattr(getattr(network, "_orig_mod", network), "config", None)
    if not isinstance(config, Mapping):
        return (), None
    channels = tuple(config[key] for key in ("in_channels", "out_channels") if isinstance(config.get(key), int))
    side = config.get("sample_size")
    side = max(side) if isinstance(side, (list, tuple)) and side else side
    return channels, (side if isinstance(side, int) else None)


def _takes_text(network: Any) -> bool:
    """Whether a network is of the kind that diffusers' latent models have."""
    config = getattr(getattr(network, "_orig_mod", network), "config", None)
    return isinstance(config, Mapping) and any(
        config.get(key) for key in ("cross_attention_dim", "joint_attention_dim")
    )
