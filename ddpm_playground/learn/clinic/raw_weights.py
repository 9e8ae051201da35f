"""The weights that a training moves beside the averaged ones that it hands out, where a folder has both."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ...core.phrase import Phrase
from ..checkpoints.checkpoint import Checkpoint, load_checkpoint
from ..checkpoints.checkpoint_error import CheckpointError
from ..checkpoints.layout import AVERAGED, NETWORKS, RAW
from ..checkpoints.weight_files import STEM
from ..training.training_state import load_state


@dataclass(frozen=True, eq=False)
class BothWeights:
    """One network's averaged weights and its raw ones.

    Attributes:
        averaged: the checkpoint with the averaged weights.
        raw: and with those that the optimiser moved.
        told: where both are from.
    """

    averaged: Checkpoint
    raw: Checkpoint
    told: str


def both_weights(checkpoint: Checkpoint) -> BothWeights | None:
    """Both kinds of weights of a checkpoint; None where only one kind is there.

    unet/ and unet_ema/ as diffusers' training scripts leave them; diffusion_pytorch_model.ema.safetensors beside
    the plain file; or the state that `train` keeps in FOLDER.training, if it is of the same moment.
    """
    folder = checkpoint.folder
    pipeline = folder.parent if folder.name in NETWORKS else folder
    raw, average = pipeline / RAW, pipeline / AVERAGED
    if (raw / "config.json").is_file() and (average / "config.json").is_file():
        return _read(
            checkpoint, average, raw, Phrase("{one} and {other}", one=f"{average.name}/", other=f"{raw.name}/")
        )
    network = raw if (raw / "config.json").is_file() else folder
    files = [network / f"{STEM}{variant}.safetensors" for variant in (".ema", "")]
    if all(path.is_file() for path in files):
        told = Phrase("{one} and {other}", one=files[0].name, other=files[1].name)
        return _read(checkpoint, files[0], files[1], told)
    return _of_training(checkpoint, folder.resolve())


def _read(checkpoint: Checkpoint, average: Path, raw: Path, told: str) -> BothWeights | None:
    try:
        both = [load_checkpoint(one, checkpoint.device, size=checkpoint.image_shape[1:]) for one in (average, raw)]
    except CheckpointError:  # a part that is broken: what was asked for could be read, and is examined alone
        return None
    averaged, moved = (replace(one, class_names=checkpoint.class_names) for one in both)
    return BothWeights(averaged, moved, told)


def _of_training(checkpoint: Checkpoint, folder: Path) -> BothWeights | None:
    state = folder.with_name(folder.name + ".training") / "state.safetensors"
    if not state.is_file():
        return None
    try:
        tensors, _ = load_state(state)
    except CheckpointError:
        return None
    own = checkpoint.unet.state_dict()
    for name, value in own.items():
        average, raw = tensors.get(f"ema.{name}"), tensors.get(f"net.{name}")
        if raw is None or average is None or raw.shape != value.shape or not torch.equal(average, value.cpu()):
            return None  # of another network, or of another moment
    unet = copy.deepcopy(checkpoint.unet)
    unet.load_state_dict({name: tensors[f"net.{name}"] for name in own})
    return BothWeights(checkpoint, replace(checkpoint, unet=unet, network=None), f"{state.parent.name}/{state.name}")
