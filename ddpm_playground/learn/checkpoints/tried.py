"""One call of a network that was just read."""

import torch
from diffusers import UNet2DModel

from ...core.phrase import Refusal
from ...engine.network import conditioning

TRIED_PIXELS = 128 * 128


def says_finite_numbers(unet: UNet2DModel) -> bool:
    """Whether a call on a blank picture yields finite numbers; so a config that cannot run is found out now.

    It is asked at the last step, where a Fourier embedding takes the logarithm of 0; of very large pictures not at all.

    Raises:
        ValueError: pictures of another size come out than go in.
    """
    size = unet.config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    if height * width > TRIED_PIXELS:
        return True
    blank = torch.zeros(1, unet.config["in_channels"], height, width)
    label = conditioning(unet.config, torch.zeros(1, dtype=torch.int64), blank)
    with torch.no_grad():
        said = unet.eval()(blank, 0, class_labels=label).sample
    if tuple(said.shape[2:]) != (height, width):
        raise Refusal("it makes {shape} of {given}", shape=tuple(said.shape[2:]), given=(height, width))
    return bool(torch.isfinite(said).all())
