"""Samples beside their nearest pictures of the data, on screen: has the network memorised?"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...core import Sampling, stream_seed
from ...core.phrase import Refusal
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.data.pictures import bundled_digits
from ...learn.judging.neighbours import Comparison, Neighbours, compare
from ...learn.judging.sample_file import GivenSamples, samples_from_images
from ...learn.judging.samples import chain, check_sampling, pixels
from ...run import labels_of
from ..page.component import packed
from ..serving.failure import answering
from ..words.text import text
from .asking import DIGIT_SHAPE, MAX_SEED, checkpoint_in, label_in, number_in, sampling_in, telling, whole_in
from .own_picture_files import Saved, chain_settings, result_of

MOST_IMAGES, MOST_STEPS = 16, 250
DEEDS = ("samples", "guess")
COMMAND = "nearest SAMPLES.npz --data DIR"


def nearest_value() -> str:
    """What nearest.js starts from."""
    return json.dumps({"deeds": DEEDS, "most_images": MOST_IMAGES, "most_steps": MOST_STEPS})


@answering
def run_nearest(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"samples": pictures, "pixels" and "features": {"pictures", "facts"}, "told", "copy", "kept": a Result};
    or {"problem"}.

    With the deed "guess" one of them is a bundled digit, at the place "copy".
    """
    checkpoint = checkpoint_in(asked)
    if checkpoint.image_shape != DIGIT_SHAPE:
        raise Refusal(
            "the bundled digits are {own}, this network's pictures {shape} (channels, height, width); on the command "
            "line nearest compares with a folder",
            own="×".join(map(str, DIGIT_SHAPE)), shape="×".join(map(str, checkpoint.image_shape)),
        )  # fmt: skip
    x_0, copy, copied = _drawn(asked, checkpoint), None, None
    digits = bundled_digits()
    images = pixels(x_0)
    if asked.get("deed") == "guess":
        seed = whole_in(asked, "seed", 0, MAX_SEED)
        copy = stream_seed(seed, "place") % len(images)
        copied = stream_seed(seed, "digit") % len(digits)
        images[copy] = digits.images[copied].permute(1, 2, 0).numpy()
    samples = samples_from_images(images)
    found = compare(samples, digits)
    saved = _saved(asked, sampling_in(asked, checkpoint), images, found)
    saved.settings.update(copy=copy, copied=copied)
    return {
        "kept": result_of(saved, (), asked, DIGIT_SHAPE),
        "samples": packed(samples.images, "|u1"), "shape": list(DIGIT_SHAPE), "copy": copy,
        "pixels": _shown(found, found.pixels), "features": found.features and _shown(found, found.features),
        "told": _told(samples, found),
    }  # fmt: skip


def _drawn(asked: Mapping[str, Any], checkpoint: Checkpoint) -> torch.Tensor:
    """x_0 as the chain ends, (N,C,H,W)."""
    sampling, count = sampling_in(asked, checkpoint), whole_in(asked, "num_images", 2, MOST_IMAGES)
    steps = whole_in(asked, "num_steps", 1, min(MOST_STEPS, checkpoint.schedule.T))
    if asked.get("label") == "all":
        labels = labels_of("all", count, checkpoint)
    else:
        labels = torch.full((count,), label_in(asked, checkpoint))
    guidance, seed = number_in(asked, "guidance", 0.0, 20.0), whole_in(asked, "seed", 0, MAX_SEED)
    check_sampling(checkpoint, labels, sampling, guidance=guidance, seed=seed, batch_size=count)
    tell, x = telling(count * steps), torch.empty(0)
    for step in chain(checkpoint, range(count), labels, sampling, guidance=guidance, seed=seed):
        x = step.x_s
        tell(count)
    return torch.nan_to_num(x.float().cpu(), nan=-1.0)


def _saved(asked: Mapping[str, Any], sampling: Sampling, images: np.ndarray, found: Comparison) -> Saved:
    """What files are made of: the samples, and of each its nearest."""
    arrays = {"images": torch.from_numpy(images)}
    for name, near in (("pixels", found.pixels), ("features", found.features)):
        if near is not None:
            arrays[f"{name}_index"] = torch.from_numpy(near.nearest.index)
            arrays[f"{name}_distance"] = torch.from_numpy(near.nearest.distance)
            arrays[f"{name}_percentile"] = torch.from_numpy(near.percentile)
    label = asked.get("label")
    if label != "all":
        label = "none" if int(asked["label"]) < 0 else str(int(asked["label"]))
    settings = chain_settings(sampling) | {
        "label": label, "num_images": int(asked["num_images"]), "guidance": float(asked["guidance"]),
        "seed": int(asked["seed"]),
    }  # fmt: skip
    return Saved("nearest", settings, arrays)


def _shown(found: Comparison, near: Neighbours) -> dict[str, Any]:
    return {
        "pictures": packed(found.data.images[torch.from_numpy(near.nearest.index)], "|u1"),
        "facts": [near.facts(i) for i in range(len(found))],
    }


def _told(samples: GivenSamples, found: Comparison) -> list[str]:
    features = found.features.under_first if found.features else 0
    return [
        text("nearest.told", count=len(samples), under=found.pixels.under_first, features=features),
        text("nearest.reference", count=f"{found.num_references:,}", command=COMMAND),
    ]
