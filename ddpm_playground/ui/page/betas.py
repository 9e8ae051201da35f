"""β_t of a schedule that the browser's own formulas do not have."""

from collections.abc import Mapping
from typing import Any

from ...core import make_schedule
from ...core.checks import whole_number
from ...recipe import DEFAULT, MAX_SCREEN_T
from ..protocol.page_messages import Betas
from ..serving.failure import answering
from .component import packed


@answering
def schedule_betas(asked: Mapping[str, Any]) -> Betas:
    """{"betas"}: β_0…β_T of {"schedule", "T", "params"}; or {"problem"}: why there are none.

    T is a whole number in [1, MAX_SCREEN_T]; `params` is written as in the page's address.
    """
    T = whole_number("T", asked.get("T"), 1, MAX_SCREEN_T)
    recipe = DEFAULT.with_(schedule=str(asked.get("schedule")), params=str(asked.get("params", "")))
    return {"betas": packed(make_schedule(recipe.schedule, T, **recipe.schedule_params()).betas, "<f8")}
