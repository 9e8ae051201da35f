"""The options of the chosen scheduler, for the form that shows them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ...bridge.all_samplers import ALL_SAMPLERS
from ...bridge.driven_sampler import DrivenSampler
from ...bridge.sampler_options import options_to_choose
from ...core import Sampling
from ...run import shelf
from ..serving.failure import answering


def first_form() -> str:
    """What the form starts from: the samplers that have no options, since no class of diffusers stands behind them."""
    return json.dumps({"without": list(ALL_SAMPLERS)})


@answering
def sampler_options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"name": the class, "options": as `Option` has them} of {"sampler", "checkpoint"}; or {"problem"}.

    A number without bound is told as a word, "inf" or "-inf", since JSON has none.
    """
    checkpoint = shelf().load(str(asked.get("checkpoint")))
    sampler, _ = checkpoint.sampler_for(Sampling(str(asked.get("sampler"))))
    if not isinstance(sampler, DrivenSampler):
        sampler = checkpoint.own.sampler(checkpoint.variance_type)
    options = [asdict(one) for one in options_to_choose(sampler, checkpoint.schedule)]
    for one in options:
        if isinstance(one["usual"], float) and not math.isfinite(one["usual"]):
            one["usual"] = str(one["usual"])
    return {"name": sampler.class_name, "options": options}
