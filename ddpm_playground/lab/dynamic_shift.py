"""What a pipeline tells a scheduler whose shift depends on the size of the picture."""

from collections.abc import Mapping
from typing import Any

# Where no size is known, pictures of 1024 pixels a side, which Flux and its kind are made for.
USUAL_SIDE = 1024
# Side in pixels of what one token stands for: an autoencoder's 8, in patches of 2.
TOKEN_SIDE = 16
# As calculate_shift has them.
USUAL = {"base_image_seq_len": 256.0, "max_image_seq_len": 4096.0, "base_shift": 0.5, "max_shift": 1.15}


def picture_mu(config: Mapping[str, Any], side: int | None) -> float:
    """μ as the pipelines of diffusers compute it from the picture: linear in the number of tokens.

    calculate_shift of diffusers' pipeline_flux.py: from (base_image_seq_len, base_shift) to (max_image_seq_len,
    max_shift).

    Args:
        config: of a scheduler with use_dynamic_shifting; what it leaves out is as in that function.
        side: of the pictures in pixels; None where it is not known.
    """
    low, high, base, most = (
        float(config[key]) if _is_number(config.get(key)) else usual for key, usual in USUAL.items()
    )
    tokens = ((side or USUAL_SIDE) / TOKEN_SIDE) ** 2
    slope = (most - base) / (high - low) if high != low else 0.0
    return base + slope * (tokens - low)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
