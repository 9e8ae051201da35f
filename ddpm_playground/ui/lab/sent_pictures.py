"""Pictures of a visitor's own, as the page sends them: pixels at the network's size."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...core.phrase import Phrase, Refusal
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.clinic.seen_pictures import Given
from ...learn.data.pictures import Pictures
from .clinic_offer import FEWEST, PICTURES

RELOAD = "pictures of one's own are sent as pixels at the network's size; choose them again"


def own_pictures(sent: object, checkpoint: Checkpoint) -> Given:
    """Pictures of one class, or of none.

    Args:
        sent: {"pixels": base64 of (N,H,W,3) uint8, "count": N, "label": the class's number, or null}.
        checkpoint: whose size they have; grey ones stay grey.

    Raises:
        ValueError: too few or too many, of another size, or of a class that the network has not.
    """
    if not isinstance(sent, Mapping):
        raise Refusal(RELOAD)
    count = sent.get("count")
    if isinstance(count, bool) or not isinstance(count, int) or not FEWEST <= count <= PICTURES:
        raise Refusal(
            "the clinic takes {fewest} to {most} pictures of your own, got {got}; choose as many",
            fewest=FEWEST, most=PICTURES, got=repr(count)[:20],
        )  # fmt: skip
    pixels = _pixels(sent.get("pixels"), (count, *checkpoint.image_shape[1:], 3))
    if bool((pixels == pixels[:, :1]).all()):
        pixels = pixels[:, :1].contiguous()
    label, names = sent.get("label"), checkpoint.class_names
    name = Phrase("your own pictures")
    if label is None or not names:
        return Given(Pictures(pixels, torch.full((count,), -1), ()), name)
    if isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < len(names):
        raise Refusal("the pictures' class must be in [0, {most}], got {got}; choose one", most=len(names) - 1,
                      got=repr(label)[:20])  # fmt: skip
    return Given(Pictures(pixels, torch.full((count,), label), names), name)


def _pixels(sent: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """(N,3,H,W) uint8."""
    try:
        raw = base64.b64decode(str(sent), validate=True)
    except (ValueError, binascii.Error):
        raise Refusal(RELOAD) from None
    if len(raw) != int(np.prod(shape)):
        raise Refusal(RELOAD)
    return torch.from_numpy(np.frombuffer(raw, np.uint8).reshape(shape).copy()).permute(0, 3, 1, 2).contiguous()
