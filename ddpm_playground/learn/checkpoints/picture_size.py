"""How large a network's pictures are, where its config does not say or somebody asks for another size."""

from collections.abc import Mapping
from typing import Any

from ...core.phrase import Phrase
from .checkpoint_error import CheckpointError

COARSEST = 8  # pixels a side at the coarsest level, as 256×256 on six levels and 64×64 on four have them
MOST = 512
Size = tuple[int, int]


def parse_size(text: str) -> Size:
    """ "64" or "64x96" (height × width) as (H,W).

    Raises:
        CheckpointError: anything else.
    """
    sides = text.lower().replace("×", "x").split("x")
    if len(sides) not in (1, 2) or not all(side.isascii() and side.isdecimal() and len(side) < 6 for side in sides):
        raise CheckpointError("a size must be N or HEIGHTxWIDTH in pixels, got {got}; write 64 or 64x96", got=text[:40])
    return int(sides[0]), int(sides[-1])


def sized(config: Mapping[str, Any], size: Size | None) -> tuple[dict[str, Any], tuple[Phrase, ...]]:
    """The config with a sample_size, and a sentence where it was asked for or guessed.

    Args:
        config: of a network; without a sample_size, COARSEST pixels a side are assumed at its coarsest level.
        size: (H,W) that was asked for; None for the config's own.
    """
    if size is not None:
        told = Phrase("its pictures are drawn at {height}×{width}, as was asked for", height=size[0], width=size[1])
        return {**config, "sample_size": list(size)}, () if _sides(config) == size else (told,)
    if config.get("sample_size") is not None or config.get("_class_name") != "UNet2DModel":
        return dict(config), ()
    levels = config.get("block_out_channels")
    count = len(levels) if isinstance(levels, list) else 4
    side = min(MOST, COARSEST * 2 ** min(max(count - 1, 0), 16))
    guess = Phrase(
        "its config.json has no sample_size: {side}×{side_2} is guessed from its {count} levels; put the right one "
        "there, or ask for it with --size",
        side=side,
        side_2=side,
        count=count,
    )
    return {**config, "sample_size": side}, (guess,)


def _sides(config: Mapping[str, Any]) -> object:
    own = config.get("sample_size")
    return (own, own) if isinstance(own, int) else tuple(own) if isinstance(own, list) else own
