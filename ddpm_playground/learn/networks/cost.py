"""What a stranger's network would cost, from its config and the header of its weights, before anything is built."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from ...core.plain_words import reason_of
from ..checkpoints.checkpoint_error import CheckpointError

MAX_LAYERS = 256  # residual blocks, all levels together
MAX_LEVELS = 12
MAX_CHANNELS = 8192
MAX_BYTES_A_PICTURE = 2 * 2**30  # of activations; CelebA-HQ's network at 256×256 takes 0.5 GiB
# Of all pictures that a network is asked of in one call on the CPU, by estimate; ONNX Runtime takes some three times
# that.
ACTIVATION_BYTES = 2**28
MAX_PARAMETERS = 2_000_000_000
# Tensors as large as a level's picture that live at once while one of its blocks runs.
LIVE = 6
FLOAT_BYTES = 4
# Further whole numbers of a config, and the largest that makes sense.
SMALL = {
    "attention_head_dim": 4096, "norm_num_groups": 4096, "attn_norm_num_groups": 4096, "downsample_padding": 16,
    "num_train_timesteps": 1_000_000, "cross_attention_dim": 8192,
}  # fmt: skip
# What weights may be kept in; they run as float32.
FLOATS = ("F64", "F32", "F16", "BF16")
DTYPE_TITLES = {"I32": "int32", "I64": "int64", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}


def check_network(config: Mapping[str, Any]) -> None:
    """Refuse a UNet2DModel that is too deep, too wide, or whose pictures are too large to be made here.

    Args:
        config: config.json; sample_size, in_channels and out_channels are whole numbers already.

    Raises:
        CheckpointError: which number, what came, and the limit.
    """
    channels, layers = config.get("block_out_channels", (224, 448, 672, 896)), config.get("layers_per_block", 2)
    if not isinstance(channels, list | tuple) or not 1 <= len(channels) <= MAX_LEVELS:
        raise CheckpointError(
            "block_out_channels in config.json must list 1 to {most} widths; correct it", most=MAX_LEVELS
        )
    for name, most, values in (
        ("block_out_channels", MAX_CHANNELS, channels),
        ("layers_per_block", MAX_LAYERS, [layers]),
    ):
        for value in values:
            if type(value) is not int or not 1 <= value <= most:
                raise refused_number(name, most, value)
    if layers * len(channels) > MAX_LAYERS:
        raise CheckpointError(
            "layers_per_block = {layers} on {num_channels} levels makes {layers_2} residual blocks, at most {most} "
            "can be run here; correct config.json",
            layers=layers,
            num_channels=len(channels),
            layers_2=layers * len(channels),
            most=MAX_LAYERS,
        )
    for name, most in SMALL.items():
        value = config.get(name)
        if isinstance(value, int) and not 0 <= value <= most:
            raise refused_number(name, most, value)
    needed = bytes_a_picture(config)
    if needed > MAX_BYTES_A_PICTURE:
        raise too_large(_sides(config), needed)


def too_large(sides: tuple[int, int], needed: int) -> CheckpointError:
    """What x_t of so many pixels is refused with."""
    return CheckpointError(
        "sample_size = {height}×{width} needs about {needed} GiB of memory for one picture with this network, at "
        "most {most} GiB are given here; correct config.json",
        height=sides[0],
        width=sides[1],
        needed=f"{needed / 2**30:,.1f}",
        most=f"{MAX_BYTES_A_PICTURE / 2**30:g}",
    )


def refused_number(name: str, most: int, value: object) -> CheckpointError:
    """What a number of a config is refused with."""
    shown = str(value) if not isinstance(value, int) or value.bit_length() < 64 else "a far larger one"
    return CheckpointError(
        "{name} in config.json must be a whole number of at most {most}, got {got}; correct it",
        name=name,
        most=f"{most:,}",
        got=shown[:40],
    )


def _sides(config: Mapping[str, Any]) -> tuple[int, int]:
    size = config["sample_size"]
    return (size, size) if isinstance(size, int) else tuple(size)


def bytes_a_picture(config: Mapping[str, Any]) -> int:
    """Bytes of activations in float32 that one picture takes on its way through a UNet2DModel, roughly.

    The tensors that are kept for the way up, at every level, and the most that live at once in one of them; where a
    level attends, its H·W × H·W weights for each head.
    """
    channels, layers = config.get("block_out_channels", (224, 448, 672, 896)), config.get("layers_per_block", 2)
    height, width = _sides(config)
    downs = config.get("down_block_types") or ("DownBlock2D",) * len(channels)
    head_width = config.get("attention_head_dim") or None
    kept = busiest = 0
    for level, wide in enumerate(channels):
        pixels = math.ceil(height / 2**level) * math.ceil(width / 2**level)
        kept += pixels * wide * (layers + 1)
        live = LIVE * pixels * wide
        attends = level == len(channels) - 1 or (level < len(downs) and "Attn" in str(downs[level]))
        if attends and config.get("add_attention", True):
            live += pixels**2 * (max(1, wide // head_width) if head_width else 1)
        busiest = max(busiest, live)
    return FLOAT_BYTES * (kept + busiest)


def pictures_at_once(bytes_each: int) -> int:
    """Of how many pictures a network may be asked in one call, so that they take ACTIVATION_BYTES or are one."""
    return max(1, ACTIVATION_BYTES // max(1, bytes_each))


def check_weights(path: Path, counting: str | None = None) -> int:
    """Refuse weights that are no real numbers or too many, from the file's header alone.

    Args:
        path: a safetensors file.
        counting: how the names of tensors end that hold whole numbers and are no weights; None for none.

    Returns:
        how many there are.

    Raises:
        CheckpointError: broken, of whole numbers, or too large.
    """
    try:
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if not _counts(name, counting)]  # noqa: SIM118
            slices = {name: file.get_slice(name) for name in names}
            kinds = {name: str(part.get_dtype()) for name, part in slices.items()}
            parameters = sum(math.prod(part.get_shape()) for part in slices.values())
    except (SafetensorError, OSError) as error:
        told = reason_of(error) if isinstance(error, OSError) else error
        raise CheckpointError(
            "{name} is broken or cut short: {error}; copy it again", name=path.name, error=told
        ) from None
    other = next((name for name, kind in kinds.items() if kind not in FLOATS), None)
    if other:
        raise CheckpointError(
            "{name} holds {kinds} numbers in {other}; weights must be float32, float16, bfloat16 or float64: save "
            "them so",
            name=path.name,
            kinds=DTYPE_TITLES.get(kinds[other], kinds[other]),
            other=other,
        )
    _check_count(parameters, path)
    return parameters


def _counts(name: str, counting: str | None) -> bool:
    return counting is not None and name.endswith(counting)


def _check_count(parameters: int, path: Path) -> None:
    if parameters > MAX_PARAMETERS:
        raise CheckpointError(
            "{name} holds {parameters} weights, at most {most} can be run here; choose a smaller network",
            name=path.name,
            parameters=f"{parameters:,}",
            most=f"{MAX_PARAMETERS:,}",
        )


def first_not_finite(state: Mapping[str, torch.Tensor]) -> str | None:
    """The first tensor that holds a NaN or an infinity."""
    return next((name for name, value in state.items() if not bool(torch.isfinite(value).all())), None)


def read_weights(*paths: Path, counting: str | None = None) -> dict[str, torch.Tensor]:
    """The tensors of safetensors files by name, of one network together.

    Args:
        paths: of the files.
        counting: see `check_weights`; these are left out.

    Raises:
        CheckpointError: as `check_weights`, of all together; or one of them holds a NaN or an infinity.
    """
    _check_count(sum(check_weights(path, counting) for path in paths), paths[0])
    state: dict[str, torch.Tensor] = {}
    for path in paths:
        try:
            part = {name: value for name, value in load_file(path).items() if not _counts(name, counting)}
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                "{name} is broken or cut short: {error}; copy it again", name=path.name, error=error
            ) from None
        if broken := first_not_finite(part):
            raise CheckpointError(
                "{name} holds numbers that are not finite (in {where}); copy it again", name=path.name, where=broken
            )
        state |= part
    return state
