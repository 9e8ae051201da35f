"""One call of a network that was just read."""

import torch
from diffusers import UNet2DModel

from ...core.phrase import Phrase, Refusal
from ...engine.network import conditioning
from .checkpoint_error import CheckpointError

TRIED_PIXELS = 128 * 128


def tried(unet: UNet2DModel, at_0: bool) -> tuple[Phrase, ...]:
    """What is wrong with its answer to a blank picture; so a config that cannot run is found out now.

    It is asked at timestep 0, where a Fourier embedding takes the logarithm of 0; of very large pictures not at all.

    Args:
        unet: the network.
        at_0: whether its schedule may ask it there; another family's has times of its own, of which nothing is said.

    Raises:
        CheckpointError: pictures of this size do not go through it.
        ValueError: others come out than go in.
    """
    size = unet.config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    if height * width > TRIED_PIXELS:
        return ()
    blank = torch.zeros(1, unet.config["in_channels"], height, width)
    label = conditioning(unet.config, torch.zeros(1, dtype=torch.int64), blank)
    try:
        with torch.no_grad():
            said = unet.eval()(blank, 0, class_labels=label).sample
    except RuntimeError as error:
        halved = 2 ** (len(unet.config.get("block_out_channels", ())) - 1)
        if height % halved == 0 == width % halved:
            raise
        raise CheckpointError(
            "pictures of {height}×{width} do not go through its {levels} levels ({error}); ask for sides divisible by "
            "{halved} with --size, or correct sample_size",
            height=height,
            width=width,
            levels=len(unet.config["block_out_channels"]),
            error=" ".join(str(error).split())[:160],
            halved=halved,
        ) from None
    if tuple(said.shape[2:]) != (height, width):
        raise Refusal("it makes {shape} of {given}", shape=tuple(said.shape[2:]), given=(height, width))
    if not at_0 or bool(torch.isfinite(said).all()):
        return ()
    told = Phrase(
        "at t = 1 the network says no finite numbers, so that a chain which asks there ends in none; nothing here "
        "mends that"
    )
    return (told,)
