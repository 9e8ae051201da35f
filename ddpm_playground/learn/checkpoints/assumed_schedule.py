"""The schedule that a network was trained with, where its folder has one and where it has none."""

from collections.abc import Mapping
from typing import Any

from ...core.phrase import Phrase
from .checkpoint_error import CheckpointError
from .json_object import read_json_object
from .layout import SCHEDULER, Layout

# The schedule of a network that comes without one: Ho et al. (2020), §4, which is diffusers' default.
ASSUMED = {
    "_class_name": "DDPMScheduler", "num_train_timesteps": 1000, "beta_schedule": "linear", "beta_start": 1e-4,
    "beta_end": 0.02, "prediction_type": "epsilon",
}  # fmt: skip
ASSUMABLE = ("positional", "learned")  # time embeddings that take t = 0…T−1, as DDPM's networks do


def scheduler_config_of(layout: Layout, config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Phrase, ...]]:
    """The scheduler's config; where there is none DDPM's, with a sentence that says so.

    Args:
        layout: where the parts lie.
        config: the network's config.json.

    Raises:
        CheckpointError: it cannot be read, was left out of a pipeline, or the network is none of DDPM's.
    """
    if layout.scheduler is not None:
        return read_json_object(layout.scheduler), ()
    if (layout.folder / "model_index.json").is_file():
        raise CheckpointError(
            "{name}/{name_2} is missing in the checkpoint; copy the whole folder", name="scheduler", name_2=SCHEDULER
        )
    embedding = config.get("time_embedding_type", "positional")
    if embedding not in ASSUMABLE or config["_class_name"] != "UNet2DModel":
        raise CheckpointError(
            "no {wanted} lies with the network, and it is none of DDPM's for which one could be assumed; put its own "
            "beside config.json",
            wanted=SCHEDULER,
        )
    rows = config.get("num_train_timesteps")  # a learned embedding has one a timestep
    guess = ASSUMED | ({"num_train_timesteps": rows} if type(rows) is int else {})
    told = Phrase(
        "no {wanted} lies with the network: the linear schedule of DDPM is assumed, T = {T}, β = {start}…{end}, and "
        "that the network says ε; put the right one beside config.json",
        wanted=SCHEDULER,
        T=guess["num_train_timesteps"],
        start=guess["beta_start"],
        end=guess["beta_end"],
    )
    return guess, (told,)
