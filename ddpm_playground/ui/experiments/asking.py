"""What the cards of the tab are asked with, read and refused; and pictures as they are answered."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...core import Sampling
from ...core.checks import number, one_of, whole_number
from ...core.phrase import Refusal
from ...experiments.own_pictures import read_pictures
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.data.pictures import bundled_digits, to_uint8
from ...run import shelf
from ...worker.progress import tell_progress
from ..page.component import packed
from ..serving.failure import answering

SAMPLERS = ("ddpm", "ddim")
MAX_SEED = 2**53 - 1
DIGIT_SHAPE = (1, 28, 28)


def checkpoint_in(asked: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint that the page has chosen.

    Raises:
        ValueError: no such one, or one of points in the plane.
    """
    checkpoint = shelf().load(str(asked.get("checkpoint")))
    if checkpoint.is_planar:
        raise Refusal(
            "the network of {name} makes points in the plane; choose a checkpoint of pictures in Reverse",
            name=repr(checkpoint.folder.name),
        )
    checkpoint.check_plain()
    return checkpoint


def whole_in(asked: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A whole number of what was asked; JavaScript has but one kind of number."""
    value = asked.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return whole_number(name, value, low, high)


def number_in(asked: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """A number of what was asked."""
    return number(name, asked.get(name), low, high)


def sampling_in(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Sampling:
    """ddpm or ddim as the card's form has it.

    Raises:
        ValueError: a value out of range.
    """
    sampler = one_of("sampler", asked.get("sampler", "ddpm"), SAMPLERS)
    steps = whole_in(asked, "num_steps", 1, checkpoint.schedule.T)
    return Sampling(sampler, number_in(asked, "strength", 0.0, 1.0), steps)


def label_in(asked: Mapping[str, Any], checkpoint: Checkpoint) -> int:
    """The class of what was asked, −1 for none.

    Raises:
        ValueError: a class that the network has not.
    """
    least, most = (0 if checkpoint.needs_label else -1), len(checkpoint.class_names) - 1
    return whole_in(asked, "label", least, most)


def telling(total: int) -> Callable[[int], None]:
    """Tells the page how far of `total` picture-steps the work is."""
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        tell_progress(min(done, total), total)

    return tell


def picture_bytes(x: torch.Tensor, gain: float = 1.0) -> str:
    """Pictures (…,C,H,W) in [−1, 1] / gain as the page paints them, uint8 in base64; what is not finite is black."""
    return packed(to_uint8(torch.nan_to_num(x.float() * gain, nan=-1.0)), "|u1")


@answering
def facts_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"shape", "T", "classes", "needs_label", "has_digits"} of the checkpoint that is chosen, and the values of a
    bundled "digit" as "picture", where one is asked for; or {"problem"}."""
    checkpoint = checkpoint_in(asked)
    facts: dict[str, Any] = {
        "shape": list(checkpoint.image_shape), "T": checkpoint.schedule.T, "classes": list(checkpoint.class_names),
        "needs_label": checkpoint.needs_label, "has_digits": checkpoint.image_shape == DIGIT_SHAPE,
    }  # fmt: skip
    if asked.get("digit") is not None:
        digit = whole_in(asked, "digit", 0, len(bundled_digits()) - 1)
        facts["picture"] = packed(read_pictures(str(digit), checkpoint).x_0)
    return facts
