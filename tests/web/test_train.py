"""The levers of Train, and what is said of what a network has memorised."""

import math

from ddpm_playground.learn.data.own_mixture import FIRST, PARTS
from ddpm_playground.learn.training.predicted import PREDICTED
from ddpm_playground.learn.training.racing import EXACT
from ddpm_playground.ui.train.levers import LEVERS


def test_a_lever_stops_at_what_is_nearest_by_ratio(script) -> None:
    stops = LEVERS["n"].stops
    near = script("return arg[1].map((v) => nearestStop(arg[0], v))", [stops, [1, 2, 3, 14, 15, 1000, 10**9]])
    assert near == [2, 2, 2, 10, 20, 1000, 2000]


def test_the_table_has_losses_on_the_points_and_on_others(script) -> None:
    told = {"train": 0.15234, "held": 0.267, "exact_train": 0.1396, "exact_held": None}
    assert script("return rowsOf(arg)", told) == [
        ["memory_learned", "0.152", "0.267"],
        ["memory_exact", "0.14", "–"],
    ]


def test_every_predictor_has_its_look_and_its_row(script) -> None:
    assert list(script("return LOOKS")) == [*PREDICTED, EXACT]
    row = {"steps_enough": None, "straightness": 0.65612, "spread_of_sde": 1.2}
    assert script("return cellsOf(arg)", row) == ["–", "0.656", "1.2"]
    assert script("return cellsOf(arg)", {**row, "steps_enough": 20})[0] == "20"


PARTS_SENT = [list(ends) for ends in PARTS.values()]
LIMITS = {"parts": PARTS_SENT, "most": 8}


def test_a_mixture_is_written_and_read_again(script) -> None:
    assert script("return textOf(rowsOfText(arg[0], arg[1]))", [FIRST, LIMITS]) == FIRST
    for wrong in ("", "1_2", "9_0_0.3_0.3_0_1", "0_0_0.3_0.3_0_", "0_0_0.3_x_0_1", "~".join(["0_0_0.3_0.3_0_1"] * 9)):
        assert script("return rowsOfText(arg[0], arg[1])", [wrong, LIMITS]) is None


def test_a_handle_stays_under_the_finger(script) -> None:
    row, to = [0.2, -0.3, 0.5, 0.1, 30, 2], [0.9, 0.4]
    for handle in range(3):
        moved = script("return dragged(...arg)", [row, handle, to, PARTS_SENT])
        at = script("return handlesOf(arg)", moved)[handle]
        assert abs(at[0] - to[0]) < 0.01 and abs(at[1] - to[1]) < 0.01 and moved[5] == 2
    far = script("return dragged(...arg)", [row, 1, [90, 0], PARTS_SENT])
    assert far[2] == 1.5 and -180 <= far[4] <= 180
    for angle in range(0, 360, 30):  # the second axis is a quarter turn ahead, and its angle stays in range
        x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        turned = script("return dragged(...arg)", [row, 2, [0.2 + x, y - 0.3], PARTS_SENT])
        assert -180 <= turned[4] <= 180
