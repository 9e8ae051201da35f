"""The trial on screen: a part of the Lab tab."""

from collections.abc import Mapping
from typing import Any

import torch

from ..core import Schedule, SeededNoise
from ..lab.trial import trial
from ..learn.data import tile, to_uint8
from ..recipe import DEFAULT
from ..run import labels_of, shelf
from ..views.export import png_url
from .component import canvas_component
from .labform import config_in, schedule_in, steps_in
from .refusal import refusal
from .text import text

PICTURES, MOST_STEPS = 10, 50


def run_trial(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"rows": [{"image", "told"} of the schedule asked for, then of the network's own]}; or {"problem"}."""
    try:
        schedule, config = schedule_in(asked), config_in(asked)
        recipe = DEFAULT.with_(seed=asked.get("seed", DEFAULT.seed))
        checkpoint = shelf().load(str(asked.get("checkpoint")))
        if checkpoint.is_planar:
            raise ValueError(
                f"the network of {checkpoint.folder.name!r} makes points in the plane; choose a checkpoint of pictures "
                "in Reverse"
            )
        num_steps = min(max(steps_in(asked)), MOST_STEPS)
        own = (schedule, checkpoint.schedule)
        return {"rows": [_row(checkpoint, one, config, num_steps, recipe.seed) for one in own]}
    except ValueError as error:
        return {"problem": refusal(error)}


def _row(checkpoint: Any, schedule: Schedule, config: Mapping[str, Any], num_steps: int, seed: int) -> dict[str, str]:
    device = next(checkpoint.unet.parameters()).device
    x_T = SeededNoise(seed, range(PICTURES), checkpoint.image_shape, device)()
    label = labels_of("all", PICTURES, len(checkpoint.class_names)).to(device)
    S = min(num_steps, schedule.T)
    run = trial(checkpoint.predictor(), checkpoint.schedule, schedule, config, x_T, S, label=label, seed=seed)
    x_0 = torch.nan_to_num(run.x_0.cpu(), nan=-1.0).clamp(-1.0, 1.0)
    told = {"name": run.class_name, "S": S, "mean": f"{float(x_0.mean()):.3f}"}
    sentence = text("trial.told" if run.finite else "trial.told_broken", **told)
    return {"image": png_url(tile(to_uint8(x_0), PICTURES)), "told": sentence}


def build() -> None:
    """One component; its pictures come from the server, at a press."""
    canvas_component(
        "trial", None, ("labstate",), elem_id="trial", apply_default_css=False, server_functions=[run_trial]
    )
