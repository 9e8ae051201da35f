"""The classes of networks that can be run here, and one of them from its config and its weights."""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from diffusers import DiTTransformer2DModel, ModelMixin, UNet2DConditionModel, UNet2DModel

from ...core.phrase import Phrase, Refusal
from ..networks.cost import check_network
from ..networks.planar_network import PlanarNetwork
from ..networks.told_cost import check_conditional, check_dit
from ..networks.told_network import DiTNetwork, PromptUNet, ToldNetwork
from .channels import check_channels
from .checkpoint_error import CheckpointError
from .json_object import read_json_object
from .layout import Layout, decoder_beside
from .picture_size import Size, sized
from .tried import tried
from .unshown import check_told, refuse_other_place, why_unshown


def _nothing(config: Mapping[str, Any]) -> None:
    """Its own from_config looks at its numbers."""


@dataclass(frozen=True)
class Architecture:
    """A class of networks.

    Attributes:
        build: what is built of a config, by its `from_config`.
        check: refuses a config whose network cannot be run here.
        defaults: the class whose constructor has what a config leaves out; None for a config that says all.
    """

    build: Any
    check: Callable[[Mapping[str, Any]], None]
    defaults: Any = None


# An architecture is one line here: the class that config.json names → how a network of that config is had. Those of
# PICTURES can be read anywhere, those of PLANAR where points in the plane are welcome, and those of TOLD, with all that
# draw latents, where these are.
ARCHITECTURES: dict[str, Architecture] = {
    "UNet2DModel": Architecture(UNet2DModel, check_network),
    "PlanarNetwork": Architecture(PlanarNetwork, _nothing),
    "UNet2DConditionModel": Architecture(PromptUNet, check_conditional, UNet2DConditionModel),
    "DiTTransformer2DModel": Architecture(DiTNetwork, check_dit, DiTTransformer2DModel),
    "Transformer2DModel": Architecture(DiTNetwork, check_dit, DiTTransformer2DModel),
}
PICTURES = ("UNet2DModel",)
PLANAR = ("PlanarNetwork",)
TOLD = tuple(name for name in ARCHITECTURES if name not in (*PICTURES, *PLANAR))
OF_DIT = "ada_norm_zero"  # the norm_type of a Transformer2DModel that is a DiT


def known_config(
    layout: Layout, architectures: tuple[str, ...], size: Size | None
) -> tuple[dict[str, Any], tuple[Phrase, ...]]:
    """The network's config, of a class that is welcome and a size that can be run, and what was chosen there.

    Raises:
        CheckpointError: it is not.
    """
    refuse_other_place(layout)
    config = read_json_object(layout.network / "config.json")
    name, told = config.get("_class_name"), set(TOLD) <= set(architectures)
    if name not in ARCHITECTURES or (name == "Transformer2DModel" and config.get("norm_type") != OF_DIT):
        raise _unknown(layout, config, architectures)
    check_told(config)
    if not told and (name in TOLD or decoder_beside(layout)):
        raise _for_others(layout, name)
    if name not in architectures:
        raise _unknown(layout, config, architectures)
    config, chosen = sized(_filled(ARCHITECTURES[name].defaults, config), size)
    check_channels(config)
    ARCHITECTURES[name].check(config)
    return config, chosen


def _filled(defaults: Any, config: dict[str, Any]) -> dict[str, Any]:
    """The config with what it leaves out of its class's in_channels, out_channels and sample_size."""
    if defaults is None:
        return config
    usual = inspect.signature(defaults.__init__).parameters
    keys = ("in_channels", "out_channels", "sample_size", "num_embeds_ada_norm")
    found = {key: usual[key].default for key in keys if key in usual} | config
    return found | {"out_channels": found["in_channels"] if found["out_channels"] is None else found["out_channels"]}


def _unknown(layout: Layout, config: Mapping[str, Any], architectures: tuple[str, ...]) -> CheckpointError:
    name = config.get("_class_name")
    if why := why_unshown(layout, config):
        return CheckpointError("the network is a {name}; {why}", name=repr(name)[:60], why=why)
    return CheckpointError(
        "the network is a {name}; only {known} can be read here", name=repr(name)[:60], known=" or ".join(architectures)
    )


def _for_others(layout: Layout, name: str) -> CheckpointError:
    """Why what works on pictures cannot use it."""
    if decoder := decoder_beside(layout):
        return CheckpointError(
            "the network draws latents, of which {decoder}/ makes pictures: the Reverse tab and sample show them, "
            "nothing else here can",
            decoder=decoder,
        )
    return CheckpointError(
        "the network is a {name}, which can be told more than t and a class: the Reverse tab and sample draw with it, "
        "nothing else here can",
        name=name,
    )


def network_of(
    config: dict[str, Any],
    state: dict[str, torch.Tensor],
    told: Mapping[str, torch.Tensor] | None = None,
    *,
    at_0: bool = True,
) -> tuple[UNet2DModel, tuple[Phrase, ...]]:
    """A network of that config with these weights, under today's names, which has run once.

    With it, what is wrong with what it said.

    Args:
        config: see `known_config`.
        state: its weights.
        told: what a ToldNetwork is told besides.
        at_0: whether its schedule may ask it at timestep 0.

    Raises:
        CheckpointError: they do not fit, or it cannot run.
    """
    try:
        network: Any = built(ARCHITECTURES[config["_class_name"]].build, config, state)
        if issubclass(type(network), ToldNetwork):
            network.tell(told or {})
        return network, tried(network, at_0)
    except CheckpointError:
        raise
    except Exception as error:  # whatever a hostile config makes diffusers raise
        raise unfit(error) from None


def unfit(error: Exception) -> CheckpointError:
    """Whatever building a network raised, in a sentence."""
    reason = error.phrase if isinstance(error, Refusal) else " ".join(str(error).split())[:200]
    return CheckpointError("the weights do not fit the architecture in config.json: {reason}", reason=reason)


def built(build: Any, config: dict[str, Any], state: dict[str, torch.Tensor]) -> Any:
    """A network of that config with these weights, in evaluation mode and without gradients.

    Raises:
        Refusal: tensors are missing or of another shape; or what diffusers raises of a config.
    """
    with torch.device("meta"):  # names and shapes alone: a hostile config costs no memory
        blank = build.from_config(config)
    inner = blank.inner if isinstance(blank, ToldNetwork) else blank
    if isinstance(inner, ModelMixin):  # as from_pretrained does: attention's query, key, value, proj_attn
        inner._fix_state_dict_keys_on_load(cast(OrderedDict, state))
    shapes = {name: value.shape for name, value in blank.state_dict().items()}
    differing = sorted(n for n in shapes.keys() | state.keys() if n not in state or shapes.get(n) != state[n].shape)
    if differing:
        raise Refusal(
            "{count} of its tensors are missing or of another shape, such as {such_as}",
            count=len(differing),
            such_as=differing[0],
        )
    network = build.from_config(config)
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)
