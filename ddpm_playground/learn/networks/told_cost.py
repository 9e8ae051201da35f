"""What a network that is told a prompt or a class costs, or a decoder of latents, before anything is built."""

from collections.abc import Mapping
from typing import Any

from ..checkpoints.checkpoint_error import CheckpointError
from .cost import (
    FLOAT_BYTES,
    LIVE,
    MAX_BYTES_A_PICTURE,
    MAX_LAYERS,
    bytes_a_picture,
    check_network,
    refused_number,
    too_large,
)

# Of one picture that is decoded: 768×768 of Stable Diffusion's autoencoder take 3.4 GiB.
MAX_BYTES_DECODED = 4 * 2**30
# What diffusers takes where a config is silent.
CONDITIONAL_CHANNELS, AUTOENCODER_CHANNELS, DIT_HEADS, DIT_WIDTH = (320, 640, 1280, 1280), (64,), 16, 72
# Further numbers of a config, lists of them too, and the largest that makes sense.
MOST = {
    "transformer_layers_per_block": 64, "reverse_transformer_layers_per_block": 64, "cross_attention_dim": 65_536,
    "encoder_hid_dim": 65_536, "addition_time_embed_dim": 65_536, "projection_class_embeddings_input_dim": 65_536,
    "time_embedding_dim": 65_536, "time_cond_proj_dim": 65_536, "conv_in_kernel": 31, "conv_out_kernel": 31,
    "addition_embed_type_num_heads": 4096, "attention_head_dim": 4096,
}  # fmt: skip
MOST_OF_DIT = {
    "num_attention_heads": 1024, "attention_head_dim": 4096, "num_layers": MAX_LAYERS, "patch_size": 256,
    "num_embeds_ada_norm": 1_000_000, "sample_size": 4096, "in_channels": 4096, "out_channels": 8192,
}  # fmt: skip
MOST_OF_AUTOENCODER = {
    "latent_channels": 4096, "norm_num_groups": 4096, "num_vq_embeddings": 2**20, "vq_embed_dim": 4096,
    "in_channels": 4096, "out_channels": 4096, "sample_size": 2**16,
}  # fmt: skip


def check_conditional(config: Mapping[str, Any]) -> None:
    """Refuse a UNet2DConditionModel that is too deep, too wide, or whose x_t is too large to be run here.

    Args:
        config: config.json; sample_size, in_channels and out_channels are whole numbers already.

    Raises:
        CheckpointError: which number, what came, and the limit.
    """
    _check_numbers(config, MOST)
    check_network(_as_unet(config))


def bytes_of_conditional(config: Mapping[str, Any]) -> int:
    """Bytes of activations that one x_t takes in a UNet2DConditionModel, roughly: attention's weights of one head."""
    return bytes_a_picture(_as_unet(config))


def _as_unet(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that say how large a UNet2DModel is, in its sense.

    Its attention_head_dim is what this class has for the number of heads, which PyTorch's attention runs one after the
    other without all weights in memory.
    """
    layers = config.get("layers_per_block", 2)
    if isinstance(layers, list | tuple) and layers and all(type(one) is int for one in layers):
        layers = max(layers)
    channels = config.get("block_out_channels", CONDITIONAL_CHANNELS)
    return {**config, "block_out_channels": channels, "layers_per_block": layers, "attention_head_dim": None,
            "cross_attention_dim": None}  # fmt: skip


def check_dit(config: Mapping[str, Any]) -> None:
    """Refuse a DiTTransformer2DModel that is too deep, too wide, or of too many tokens to be run here.

    Raises:
        CheckpointError: which number, what came, and the limit.
    """
    _check_numbers(config, MOST_OF_DIT, 1)
    size, patch = config.get("sample_size", 32), config.get("patch_size", 2)
    sides = size if isinstance(size, list | tuple) else [size, size]
    if sides[0] != sides[1] or sides[0] % patch:
        raise CheckpointError(
            "a DiT draws squares of whole patches: sample_size must be one multiple of patch_size = {patch}, got "
            "{got}; correct it",
            patch=patch, got="×".join(map(str, sides)),
        )  # fmt: skip
    needed = bytes_of_dit(config)
    if needed > MAX_BYTES_A_PICTURE:
        raise too_large((sides[0], sides[1]), needed)


def bytes_of_dit(config: Mapping[str, Any]) -> int:
    """Bytes of activations that one x_t takes in a DiT, roughly: its tokens, four times as wide within a block."""
    size, patch = config.get("sample_size", 32), config.get("patch_size", 2)
    side = size if isinstance(size, int) else size[0]
    tokens = (side // patch) ** 2
    wide = config.get("num_attention_heads", DIT_HEADS) * config.get("attention_head_dim", DIT_WIDTH)
    return FLOAT_BYTES * (tokens * wide * (LIVE + 4) + tokens**2)


def check_autoencoder(config: Mapping[str, Any], latent_size: tuple[int, int], place: str) -> tuple[int, int]:
    """Refuse a decoder of latents that is too deep, too wide, or whose pictures are too large to be made here.

    Args:
        config: its config.json.
        latent_size: (H,W) of the latents.
        place: its folder.

    Returns:
        (H,W) of a picture.

    Raises:
        CheckpointError: which number, what came, and the limit.
    """
    _check_numbers(config, MOST_OF_AUTOENCODER)
    channels, layers = config.get("block_out_channels", AUTOENCODER_CHANNELS), config.get("layers_per_block", 1)
    size = {"block_out_channels": channels, "layers_per_block": layers, "sample_size": 1}
    check_network({**size, "norm_num_groups": config.get("norm_num_groups", 32)})
    factor = 2 ** (len(channels) - 1)
    height, width = (side * factor for side in latent_size)
    needed = bytes_decoded(channels, latent_size)
    if needed > MAX_BYTES_DECODED:
        raise CheckpointError(
            "{place}/ needs about {needed} GiB of memory to make one picture of {height}×{width} of these latents, at "
            "most {most} GiB are given here; ask for smaller latents with --size",
            place=place, needed=f"{needed / 2**30:,.1f}", height=height, width=width,
            most=f"{MAX_BYTES_DECODED / 2**30:g}",
        )  # fmt: skip
    return height, width


def bytes_decoded(channels: tuple[int, ...] | list[int], latent_size: tuple[int, int]) -> int:
    """Bytes of activations in float32 that decoding one picture takes, roughly.

    A level is as wide as the coarser one was until its first block has run; the coarsest attends.
    """
    height, width = latent_size
    coarse_to_fine = [channels[-1], *reversed(channels)]
    busiest = (height * width) ** 2 + LIVE * height * width * channels[-1]
    for level in range(len(channels)):
        pixels = height * width * 4**level
        busiest = max(busiest, LIVE * pixels * coarse_to_fine[level])
    return FLOAT_BYTES * busiest


def _flat(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return [inner for one in value[:MAX_LAYERS] for inner in _flat(one)]
    return [value]


def _check_numbers(config: Mapping[str, Any], most: Mapping[str, int], least: int = 0) -> None:
    for name, limit in most.items():
        for value in _flat(config.get(name)):
            if value is not None and not (type(value) is int and least <= value <= limit):
                raise refused_number(name, limit, value)
